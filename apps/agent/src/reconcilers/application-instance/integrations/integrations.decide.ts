import {
  blocked,
  BLOCKED_RECHECK_MS,
  type Decision,
  type Said,
} from "../decision";
import type { Observation } from "../observation";
import { outsideWindow } from "../outside-window.decide";
import { pendingWrites, writing } from "../pending-write.decide";
import { isInstalled } from "../readiness.decide";

const OFF = "or switch the integration off in spec.integrations";

export function addOnMissing({
  integrations: { missingKinds },
}: Observation): Decision | undefined {
  if (missingKinds.length === 0) return undefined;
  return blocked(
    "MissingDependencies",
    `the cluster does not serve ${missingKinds.join(", ")}: install what does, ${OFF}; it is picked up by itself`,
  );
}

export function integrationNameTaken({
  integrations: { holder },
}: Observation): Decision | undefined {
  if (holder === undefined) return undefined;
  return blocked(
    "IntegrationNameTaken",
    `${holder} is there already and is not ours: remove it, ${OFF}`,
  );
}

/** What is written onto an object that is being deleted is lost with it. */
export function integrationGoing({
  integrations: { wanted },
  release,
}: Observation): Decision | undefined {
  const going = wanted.find(
    ({ actual }) => actual?.metadata.deletionTimestamp !== undefined,
  )?.actual;
  if (going === undefined) return undefined;
  const message = `${going.kind} ${going.metadata.name} is being deleted: it is created anew once it is gone`;
  const reason = isInstalled(release) ? "Upgrading" : "Installing";
  return {
    unready: { reason, message },
    recheckAfterMs: BLOCKED_RECHECK_MS,
  };
}

/** Before the values are looked for, which may be what it fetches. */
export function secretToOrder(seen: Observation): Decision | undefined {
  const write = pendingWrites(seen).find(
    ({ object }) => object.kind === "ExternalSecret",
  );
  if (write === undefined) return undefined;
  if (write.isDrift) return writing(seen, write);
  const { kind, metadata } = write.object;
  const message = `${kind} ${metadata.name} is being written`;
  return (
    outsideWindow(seen) ?? {
      unready: { reason: "WaitingForSecret", message },
      ...writing(seen, write),
    }
  );
}

/** Neither an installation nor a change begins without what it is to be given. */
export function secretAwaited({
  integrations: { secret },
}: Observation): Decision | undefined {
  if (secret?.problem !== "never-fetched") return undefined;
  return {
    unready: { reason: "WaitingForSecret", message: secret.message },
    recheckAfterMs: BLOCKED_RECHECK_MS,
  };
}

export function integrationLeftBehind({
  integrations: { stale },
}: Observation): Decision | undefined {
  const object = stale.find(
    ({ metadata }) => metadata.deletionTimestamp === undefined,
  );
  return object && { action: { do: "delete", object } };
}

/** What Ready says in place of True. */
export function certificateAwaited({
  integrations: { certificate },
}: Observation): Said | undefined {
  return (
    certificate && {
      reason: "WaitingForCertificate",
      message: certificate.message,
    }
  );
}

/** For Degraded/True: what runs goes on with what was fetched before. */
export function secretOutdated({
  integrations: { secret },
}: Observation): Said | undefined {
  return secret?.problem === "not-refreshed"
    ? { reason: "ExternalSecretFailing", message: secret.message }
    : undefined;
}
