import {
  ANNOTATIONS,
  type ApplicationInstance,
  type JsonObject,
  type OperationReason,
} from "@vworkspace/resources";
import type { EngineEnd, EngineRun, EngineVerdict } from "../engine";
import type { HelmSeen } from "./helm.observe";
import {
  askedPatch,
  type HelmRequest,
  isAsked,
  requestFor,
  withoutBuild,
} from "./helm-request.decide";

/** A net below the watches, which tell of the instance. */
const RECHECK_MS = 15_000;

interface Upgrade {
  readonly run: EngineRun;
  readonly instance: ApplicationInstance;
  readonly request: HelmRequest;
  readonly release: HelmSeen["release"];
}

/**
 * The instance is the truth: where a control plane manages it, that issues the next generation, and nothing is written here;
 * else the instance is patched, once. Then its status is followed.
 */
export function decideHelm(run: EngineRun, seen: HelmSeen): EngineVerdict {
  const { instance, release } = seen;
  const isGoing = instance?.metadata.deletionTimestamp !== undefined;
  if (instance === undefined || isGoing)
    return failed(
      "EngineFailed",
      `ApplicationInstance ${run.target.metadata.name} is ${isGoing ? "being deleted" : "gone"}`,
    );
  const known = run.outputs["requested"] as unknown as HelmRequest | undefined;
  if (known !== undefined)
    return follow({ run, instance, release, request: known });
  const { request, problem } = requestFor(run, instance);
  if (request === undefined) return failed("PreconditionFailed", problem);
  return withOutputs(follow({ run, instance, release, request }), {
    requested: request as unknown as JsonObject,
    ...(newestOf(instance) && {
      fromRevision: newestOf(instance)?.revision ?? 0,
    }),
  });
}

function follow(upgrade: Upgrade): EngineVerdict {
  const { run, instance, request } = upgrade;
  const isIssued = run.outputs["instanceGeneration"] !== undefined;
  if (isAsked(instance.spec, request))
    return isIssued
      ? progress(upgrade)
      : withOutputs(progress(upgrade), {
          instanceGeneration: instance.metadata.generation ?? 0,
        });
  if (isIssued)
    return failed(
      "EngineFailed",
      `ApplicationInstance ${instance.metadata.name} was changed by somebody while it was upgraded: its chart version is ${instance.spec.chart?.version}`,
    );
  return isManaged(instance) ? waitForControlPlane(upgrade) : write(upgrade);
}

function isManaged({ metadata }: ApplicationInstance): boolean {
  return metadata.annotations?.[ANNOTATIONS.intentGeneration] !== undefined;
}

function waitForControlPlane({ instance, request }: Upgrade): EngineVerdict {
  return working(
    `waiting for the control plane to issue the new generation of ${instance.metadata.name}, with ${wordsOf(request)}`,
  );
}

function write({ instance, request }: Upgrade): EngineVerdict {
  return {
    ...working(
      `ApplicationInstance ${instance.metadata.name} gets ${wordsOf(request)}`,
    ),
    action: {
      do: "patch",
      object: instance,
      patch: askedPatch(instance.spec, request),
    },
  };
}

function wordsOf({
  targetVersion,
  valuesPatch,
  rollbackTo,
}: HelmRequest): string {
  const values = valuesPatch ? " and changed values" : "";
  const from =
    rollbackTo === undefined
      ? ""
      : ` of revision ${rollbackTo}, whose values don't come back`;
  return `chart version ${targetVersion}${from}${values}`;
}

type Check = (upgrade: Upgrade) => EngineVerdict | undefined;

/** What the instance says of the generation that was asked for; first hit wins. */
const CHECKS: readonly Check[] = [suspended, unseen, gaveUp, deployed];

function progress(upgrade: Upgrade): EngineVerdict {
  for (const check of CHECKS) {
    const hit = check(upgrade);
    if (hit !== undefined) return hit;
  }
  const { reason = "Upgrading", message = "" } =
    conditionOf(upgrade.instance, "Ready") ?? {};
  return working(`${reason}: ${message}`);
}

/** Ready then tells of what was before. */
function suspended({ instance }: Upgrade): EngineVerdict | undefined {
  const { status, message } = conditionOf(instance, "Suspended") ?? {};
  return status === "True"
    ? working(
        `ApplicationInstance ${instance.metadata.name} waits: ${message ?? ""}`,
      )
    : undefined;
}

function unseen({ instance }: Upgrade): EngineVerdict | undefined {
  const { observedGeneration = 0 } = conditionOf(instance, "Ready") ?? {};
  return observedGeneration < (instance.metadata.generation ?? 0)
    ? working(
        `ApplicationInstance ${instance.metadata.name} has ${instance.spec.chart?.version}, which the agent has not looked at yet`,
      )
    : undefined;
}

/**
 * While Flux tries again, Reconciling is True. A new version of a chart from a registry changes the HelmRelease's source only:
 * until Flux has tried it, HelmRelease and instance both tell of what failed before.
 */
function gaveUp(upgrade: Upgrade): EngineVerdict | undefined {
  const { instance } = upgrade;
  const ready = conditionOf(instance, "Ready");
  const isMoving = conditionOf(instance, "Reconciling")?.status === "True";
  if (ready?.reason !== "HelmReleaseFailed" || isMoving || !hasFailed(upgrade))
    return undefined;
  return withOutputs(
    failed(
      "EngineFailed",
      `${instance.metadata.name}: ${ready.message}; ${runs(instance)}`,
    ),
    revisionOf(instance),
  );
}

/** That Flux has tried this very version and tries no more. */
function hasFailed({ release, request }: Upgrade): boolean {
  const { lastAttemptedRevision = "", conditions = [] } = release?.status ?? {};
  const isStalled = conditions.some(
    ({ type, status }) => type === "Stalled" && status === "True",
  );
  return (
    isStalled && isSameVersion(lastAttemptedRevision, request.targetVersion)
  );
}

function runs(instance: ApplicationInstance): string {
  const newest = newestOf(instance);
  return newest === undefined
    ? "no revision is known"
    : `revision ${newest.revision} with ${newest.chartVersion} is ${newest.status}`;
}

function deployed({ instance, request }: Upgrade): EngineVerdict | undefined {
  const newest = newestOf(instance);
  const isThere =
    conditionOf(instance, "Ready")?.status === "True" &&
    newest?.status === "deployed" &&
    isSameVersion(newest.chartVersion, request.targetVersion);
  if (!isThere) return undefined;
  return {
    state: "succeeded",
    reason: "EngineCompleted",
    message: `${instance.metadata.name} runs ${wordsOf(request)}`,
    outputs: revisionOf(instance),
  };
}

function revisionOf(instance: ApplicationInstance): JsonObject {
  const newest = newestOf(instance);
  return newest === undefined ? {} : { toRevision: newest.revision };
}

function newestOf({ status }: ApplicationInstance) {
  return status?.history?.[0];
}

/** Flux writes the artifact's digest into the build metadata. */
function isSameVersion(one: string, other: string): boolean {
  return withoutBuild(one) === withoutBuild(other);
}

function conditionOf({ status }: ApplicationInstance, type: string) {
  return status?.conditions?.find((condition) => condition.type === type);
}

/** What the instance was given it keeps: taking it back would be another upgrade, which nobody asked for. */
export function endHelm(run: EngineRun, { instance }: HelmSeen): EngineEnd {
  const request = run.outputs["requested"] as unknown as
    HelmRequest | undefined;
  const isIssued =
    instance !== undefined &&
    request !== undefined &&
    isAsked(instance.spec, request);
  return {
    state: "ended",
    ...(isIssued && {
      message: `ApplicationInstance ${instance.metadata.name} keeps ${wordsOf(request)}: what began goes on; go back by another operation`,
    }),
  };
}

function working(
  message: string,
): Extract<EngineVerdict, { state: "working" }> {
  return {
    state: "working",
    reason: "EngineStarted",
    message,
    recheckAfterMs: RECHECK_MS,
  };
}

function failed(reason: OperationReason, message: string): EngineVerdict {
  return { state: "failed", reason, message };
}

function withOutputs(
  verdict: EngineVerdict,
  outputs: JsonObject,
): EngineVerdict {
  return { ...verdict, outputs: { ...outputs, ...verdict.outputs } };
}
