import type { KubeObject } from "@vworkspace/kube";
import { FINALIZERS, RELEASE_SERVICE_ACCOUNT } from "@vworkspace/resources";
import type { Observation } from "./observation";

/** The one thing that is done next. */
export type Action =
  | { readonly do: "add-finalizer" }
  | { readonly do: "remove-finalizer" }
  | { readonly do: "apply"; readonly object: KubeObject }
  | { readonly do: "delete"; readonly object: KubeObject }
  | { readonly do: "resume"; readonly object: KubeObject };

export interface Decision {
  /** Why things stand still, for Blocked/True. */
  readonly blocked?: { readonly reason: string; readonly message: string };
  /** What Ready says, where something else than the derived objects decides it. */
  readonly unready?: { readonly reason: string; readonly message: string };
  /** For Deleting/True. */
  readonly deleting?: { readonly reason: string; readonly message: string };
  readonly action?: Action;
  /** Look again after this, in milliseconds, because nothing that we watch would tell. */
  readonly recheckAfterMs?: number;
}

type Check = (seen: Observation) => Decision | undefined;

const RECHECK_MS = 15_000;
const SECRETS_RECHECK_MS = 2_000;
/** ConfigMaps and Secrets aren't watched. */
const VALUES_RECHECK_MS = 60_000;

/** First hit wins. */
const LIVE_CHECKS: readonly Check[] = [
  placeholder,
  wrongSpec,
  withoutFinalizer,
  fluxMissing,
  nameTaken,
  serviceAccountMissing,
  valuesMissing,
  releaseDeletedByOthers,
  suspendedBeforeInstall,
  sourceToWrite,
  releaseToWrite,
  sourceLeftBehind,
];

/** First hit wins; deletion is one more state. */
const DELETION_CHECKS: readonly Check[] = [
  notOurs,
  orphaned,
  suspendedRelease,
  releaseToDelete,
  releaseGoing,
  secretsLeft,
  sourceToDelete,
];

/** What to do about an instance, and what to say about it. */
export function decideInstance(seen: Observation): Decision {
  const isDeleting = seen.instance.metadata.deletionTimestamp !== undefined;
  for (const check of isDeleting ? DELETION_CHECKS : LIVE_CHECKS) {
    const hit = check(seen);
    if (hit !== undefined) return hit;
  }
  if (isDeleting) return { action: { do: "remove-finalizer" } };
  return hasValuesElsewhere(seen) ? { recheckAfterMs: VALUES_RECHECK_MS } : {};
}

function placeholder({ instance }: Observation): Decision | undefined {
  return instance.spec.mode === "placeholder" ? {} : undefined;
}

/** A CRD can't see everything, and its policies may be absent: what job intake refuses is refused here as well. */
function wrongSpec({ problems }: Observation): Decision | undefined {
  const [first] = problems;
  if (first === undefined) return undefined;
  return {
    unready: { reason: "HelmReleaseFailed", message: first.message },
  };
}

/** Before anything is created, so that nothing we made is ever left behind. */
function withoutFinalizer({ instance }: Observation): Decision | undefined {
  if (hasFinalizer(instance)) return undefined;
  return { action: { do: "add-finalizer" } };
}

function fluxMissing({ missingKinds }: Observation): Decision | undefined {
  if (missingKinds.length === 0) return undefined;
  return {
    blocked: {
      reason: "MissingDependencies",
      message: `the cluster does not serve ${missingKinds.join(", ")}: install Flux; it is picked up by itself`,
    },
    recheckAfterMs: RECHECK_MS,
  };
}

function nameTaken({
  nameHolder,
  instance,
}: Observation): Decision | undefined {
  if (nameHolder === undefined) return undefined;
  const name = instance.spec.release?.name ?? "";
  return {
    blocked: {
      reason: "ReleaseNameTaken",
      message: `the release name ${name} is held by ${nameHolder}`,
    },
    recheckAfterMs: RECHECK_MS,
  };
}

function serviceAccountMissing(seen: Observation): Decision | undefined {
  const { missingServiceAccount: name, instance } = seen;
  if (name === undefined) return undefined;
  const remedy =
    name === RELEASE_SERVICE_ACCOUNT
      ? "opt the namespace in again, or create it with a RoleBinding to the ClusterRole admin"
      : "create it, or correct spec.serviceAccountName";
  return {
    blocked: {
      reason: "MissingDependencies",
      message: `service account ${name} is missing in namespace ${instance.metadata.namespace}: ${remedy}`,
    },
    recheckAfterMs: RECHECK_MS,
  };
}

function valuesMissing({ missingValues }: Observation): Decision | undefined {
  if (missingValues === undefined) return undefined;
  const message = `spec.values names ${missingValues.what}, which is missing: create it`;
  return missingValues.kind === "Secret"
    ? {
        unready: { reason: "WaitingForSecret", message },
        recheckAfterMs: RECHECK_MS,
      }
    : {
        blocked: { reason: "MissingDependencies", message },
        recheckAfterMs: RECHECK_MS,
      };
}

/** What is written onto an object that is being deleted is lost with it: wait for its end, then create it anew. */
function releaseDeletedByOthers({
  release,
}: Observation): Decision | undefined {
  if (release?.metadata.deletionTimestamp === undefined) return undefined;
  const message = `HelmRelease ${release.metadata.name} was deleted by somebody: it is created anew when it is gone`;
  return { unready: { reason: "Installing", message } };
}

/** There is nothing to suspend yet, and Flux would not install a suspended release anyway. */
function suspendedBeforeInstall(seen: Observation): Decision | undefined {
  return seen.instance.spec.suspend && seen.release === undefined
    ? {}
    : undefined;
}

function sourceToWrite(seen: Observation): Decision | undefined {
  if (seen.desired === undefined || seen.isSourceAsDesired) return undefined;
  return writing(seen, seen.desired.source);
}

function releaseToWrite(seen: Observation): Decision | undefined {
  if (seen.desired === undefined || seen.isReleaseAsDesired) return undefined;
  return writing(seen, seen.desired.release);
}

/** A write that was refused is tried again at every look, and what Ready says stays the refusal until it succeeds. */
function writing(seen: Observation, object: KubeObject): Decision {
  const { refusedWrite } = seen;
  return {
    ...(refusedWrite && {
      unready: { reason: "HelmReleaseFailed", message: refusedWrite },
    }),
    action: { do: "apply", object },
  };
}

function sourceLeftBehind(seen: Observation): Decision | undefined {
  const [stale] = seen.staleSources;
  return stale && { action: { do: "delete", object: stale } };
}

/** Without our finalizer its end is none of our business. */
function notOurs({ instance }: Observation): Decision | undefined {
  return hasFinalizer(instance) ? undefined : {};
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
  return {
    deleting: uninstalling(`Flux uninstalls ${release.metadata.name}`),
    recheckAfterMs: RECHECK_MS,
  };
}

/** Gone means that no release Secret is left; those of a release that was never ours don't count. */
function secretsLeft({
  instance,
  deletion,
}: Observation): Decision | undefined {
  const count = deletion?.releaseSecrets ?? 0;
  if (count === 0 || instance.status?.helmReleaseRef === undefined)
    return undefined;
  const selector = `owner=helm,name=${instance.spec.release?.name ?? ""}`;
  return {
    deleting: {
      reason: "WaitingForChildResources",
      message: `${count} release Secrets (${selector}) are left: uninstall the release, or delete with spec.deletionPolicy Orphan`,
    },
    recheckAfterMs: SECRETS_RECHECK_MS,
  };
}

function sourceToDelete(seen: Observation): Decision | undefined {
  const [first] = [
    ...(seen.source === undefined ? [] : [seen.source]),
    ...seen.staleSources,
  ];
  return (
    first && {
      deleting: uninstalling("the chart source is deleted"),
      action: { do: "delete", object: first },
    }
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

function hasValuesElsewhere({ instance }: Observation): boolean {
  const { configMapRef, secretRef } = instance.spec.values ?? {};
  return configMapRef !== undefined || secretRef !== undefined;
}
