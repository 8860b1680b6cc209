import { FINALIZERS } from "@vworkspace/resources";
import type { Decision } from "./decision";
import { currentCondition } from "./flux";
import { integrationLeftBehind } from "./integrations/integrations.decide";
import type { Observation } from "./observation";

type Check = (seen: Observation) => Decision | undefined;

const RECHECK_MS = 15_000;
const SECRETS_RECHECK_MS = 2_000;

/** First hit wins; deletion is one more state. */
const CHECKS: readonly Check[] = [
  notOurs,
  notOptedIn,
  orphaned,
  mayNotLook,
  suspendedRelease,
  releaseToDelete,
  releaseGoing,
  secretsLeft,
  sourceToDelete,
  integrationToDelete,
];

/** What is done about an instance that is being deleted. */
export function decideDeletion(seen: Observation): Decision {
  for (const check of CHECKS) {
    const hit = check(seen);
    if (hit !== undefined) return hit;
  }
  return { action: { do: "remove-finalizer" } };
}

/** Without our finalizer its end is none of our business. */
function notOurs({ instance }: Observation): Decision | undefined {
  return hasFinalizer(instance) ? undefined : {};
}

/**
 * Where the agent may do nothing it uninstalls nothing, and a finalizer that nobody takes away would hold up the namespace as
 * well. What runs stays; this is the last that is said of it.
 */
function notOptedIn({
  optInMissing,
  instance,
}: Observation): Decision | undefined {
  if (optInMissing === undefined) return undefined;
  const { namespace = "", name } = instance.metadata;
  const rest =
    instance.status?.helmReleaseRef === undefined
      ? ""
      : `; what runs stays, and goes with kubectl -n ${namespace} delete helmrelease ${name}`;
  return {
    blocked: {
      reason: "MissingDependencies",
      message: `${optInMissing}: nothing is uninstalled${rest}`,
    },
    action: { do: "remove-finalizer" },
  };
}

/** Everything stays, by policy, by `kubectl delete --cascade=orphan`, or because the kind itself is being removed. */
function orphaned({ instance, deletion }: Observation): Decision | undefined {
  const isOrphaned =
    instance.spec.mode === "placeholder" ||
    instance.spec.deletionPolicy === "Orphan" ||
    instance.metadata.finalizers?.includes("orphan") === true ||
    deletion?.isKindGoing === true;
  return isOrphaned ? { action: { do: "remove-finalizer" } } : undefined;
}

/** What can't be seen is not taken for gone. */
function mayNotLook({ forbidden }: Observation): Decision | undefined {
  if (forbidden === undefined) return undefined;
  return {
    deleting: { reason: "WaitingForChildResources", message: forbidden },
    recheckAfterMs: RECHECK_MS,
  };
}

/** A suspended HelmRelease would go at once and leave its objects. */
function suspendedRelease({ release }: Observation): Decision | undefined {
  if (release?.spec?.suspend !== true) return undefined;
  return {
    deleting: uninstalling("the release is resumed so that it is uninstalled"),
    action: { do: "resume", object: release },
  };
}

function releaseToDelete({ release }: Observation): Decision | undefined {
  if (!release || release.metadata.deletionTimestamp) return undefined;
  return {
    deleting: uninstalling(`Flux uninstalls ${release.metadata.name}`),
    action: { do: "delete", object: release },
  };
}

function releaseGoing({ release }: Observation): Decision | undefined {
  if (release === undefined) return undefined;
  const { name, deletionTimestamp } = release.metadata;
  const ready = currentCondition(release, "Ready");
  const trouble =
    ready?.status === "False"
      ? `, which fails: ${ready.reason}: ${ready.message}`
      : "";
  return {
    deleting: uninstalling(
      `Flux uninstalls ${name}, asked at ${deletionTimestamp}${trouble || ifItLasts(name)}`,
    ),
    recheckAfterMs: RECHECK_MS,
  };
}

function ifItLasts(name: string): string {
  return `; if that lasts, look at HelmRelease ${name} and whether helm-controller runs`;
}

/**
 * Gone means that no release Secret is left; those of a release that was never ours don't count. Without Flux nobody
 * uninstalls, and the application may still run: it is not forgotten silently.
 */
function secretsLeft(seen: Observation): Decision | undefined {
  const { instance, deletion, missingKinds } = seen;
  const count = deletion?.releaseSecrets ?? 0;
  if (count === 0 || instance.status?.helmReleaseRef === undefined)
    return undefined;
  const { name = "" } = instance.spec.release ?? {};
  const namespace = instance.metadata.namespace ?? "";
  const why =
    missingKinds.length > 0
      ? `, and the cluster does not serve ${missingKinds.join(", ")}`
      : "";
  return {
    deleting: {
      reason: "WaitingForChildResources",
      message: `${count} release Secrets (owner=helm,name=${name}) are left${why}: uninstall the release (helm uninstall ${name} -n ${namespace}), or keep it by spec.deletionPolicy Orphan`,
    },
    recheckAfterMs: SECRETS_RECHECK_MS,
  };
}

/** Asked once: an end that Flux's finalizer holds up is not waited for, since a source holds nothing of the application. */
function sourceToDelete(seen: Observation): Decision | undefined {
  const left = [
    ...(seen.source === undefined ? [] : [seen.source]),
    ...seen.staleSources,
  ].find(({ metadata }) => metadata.deletionTimestamp === undefined);
  return (
    left && {
      deleting: uninstalling("the chart source is deleted"),
      action: { do: "delete", object: left },
    }
  );
}

/** After the release, which may use what they give it. Asked once, as a source. */
function integrationToDelete(seen: Observation): Decision | undefined {
  const left = integrationLeftBehind(seen);
  return (
    left && { deleting: uninstalling("its integrations are deleted"), ...left }
  );
}

function uninstalling(message: string) {
  return { reason: "Uninstalling", message };
}

function hasFinalizer(instance: Observation["instance"]): boolean {
  return (
    instance.metadata.finalizers?.includes(FINALIZERS.applicationInstance) ??
    false
  );
}
