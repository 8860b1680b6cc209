import {
  ANNOTATIONS,
  FINALIZERS,
  type Operation,
  type OperationReason,
  type OperationSpec,
} from "@vworkspace/resources";
import type { EngineEnd, EngineVerdict } from "../engines/engine";
import type { OperationObservation } from "../reconcilers/operation/observation";
import { decideOperation } from "../reconcilers/operation/operation.decide";
import { operationStatus } from "../reconcilers/operation/operation.status";
import { DONE, engineRun, RUN_NOW, RUN_UID, WORKING } from "./engine-run";
import { ENGINE_REASON_ROWS } from "./engine-reasons";
import { instance } from "./flux-objects";
import type { ReasonRow } from "./reason-row";

const NOW = "2026-01-01T00:00:00Z";

interface Changes {
  readonly spec?: Partial<OperationSpec>;
  readonly metadata?: Partial<Operation["metadata"]>;
}

function upgrade({ spec, metadata }: Changes = {}): Operation {
  const { operation } = engineRun({
    type: "Upgrade",
    engine: "helm",
    ...spec,
  });
  return {
    ...operation,
    metadata: {
      ...operation.metadata,
      finalizers: [FINALIZERS.operation],
      creationTimestamp: NOW,
      ...metadata,
    },
  };
}

function begun(spec: Partial<OperationSpec> = {}): Operation {
  const metadata = { annotations: { [ANNOTATIONS.startedUid]: RUN_UID } };
  const operation = upgrade({ spec, metadata });
  return { ...operation, status: { phase: "Running", startedAt: NOW } };
}

const other = (changes: Changes): Operation =>
  upgrade({
    ...changes,
    metadata: { name: "other", uid: "u-other", ...changes.metadata },
  });

const target = instance(
  {},
  { annotations: { "ops.vworkspace.io/upgrade": "helm" } },
);

/** Nothing is in its way. */
function world(over: Partial<OperationObservation> = {}): OperationObservation {
  return {
    operation: upgrade(),
    now: RUN_NOW,
    problems: [],
    target,
    missingKinds: [],
    approval: { state: "not-required" },
    missingSecrets: [],
    window: { isOpen: true },
    others: [],
    ...over,
  };
}

function statusOf(seen: OperationObservation): Operation["status"] {
  const { standing } = decideOperation(seen);
  const { operation } = seen;
  return standing === undefined
    ? operation.status
    : (operationStatus(operation, standing, NOW) ?? operation.status);
}

/** A look at a world, after a first look at another one where conditions tell of the past. */
function after(
  seen: OperationObservation,
  before?: OperationObservation,
): ReasonRow["conditions"] {
  return () => {
    const old = before && statusOf(before);
    const operation = { ...seen.operation, ...(old && { status: old }) };
    return statusOf({ ...seen, operation })?.conditions ?? [];
  };
}

/** An operation whose engine says that, and would stop as `end` says. */
function atWork(
  verdict: EngineVerdict,
  spec: Partial<OperationSpec> = {},
  end: EngineEnd = { state: "ended" },
): OperationObservation {
  return world({ operation: begun(spec), engine: { verdict, end } });
}

const row = (
  condition: string,
  status: ReasonRow["status"],
  reason: OperationReason,
  [when, seen, before]: readonly [
    string,
    OperationObservation,
    OperationObservation?,
  ],
): ReasonRow => ({
  condition,
  status,
  reason,
  when,
  conditions: after(seen, before),
});

const { target: _target, ...withoutTarget } = world();
const blocked = world({ missingKinds: ["HelmRelease"] });
const wrong = { field: "spec.parameters.ttl", message: "it is wrong" };

/** What is said whatever the engine is. */
const GENERIC_ROWS: readonly ReasonRow[] = [
  row("Accepted", "True", "AdmissionPassed", ["it may begin", world()]),
  row("Accepted", "False", "TargetNotFound", [
    "there is no such instance",
    withoutTarget,
  ]),
  row("Accepted", "False", "CapabilityMissing", [
    "the instance declares no engine",
    world({ target: instance() }),
  ]),
  row("Accepted", "False", "ValidationFailed", [
    "a parameter is wrong",
    world({ problems: [wrong] }),
  ]),
  row("Accepted", "False", "ValidationFailed", [
    "another field is wrong",
    world({ problems: [{ ...wrong, field: "spec.policy" }] }),
  ]),
  row("Running", "True", "EngineStarted", [
    "its agent ended right after the start",
    world({ operation: begun() }),
  ]),
  row("Running", "True", "EngineStarted", [
    "its work is being taken back",
    atWork(WORKING, { cancel: true }, { state: "ending", message: "it stops" }),
  ]),
  row("Running", "False", "EngineNotStarted", ["something blocks it", blocked]),
  row("Running", "False", "EngineEnded", ["its engine is done", atWork(DONE)]),
  row("Succeeded", "True", "EngineCompleted", [
    "its engine is done",
    atWork(DONE),
  ]),
  row("Succeeded", "False", "NotYetSucceeded", [
    "its engine is at work",
    atWork(WORKING),
  ]),
  row("Failed", "True", "Timeout", [
    "its time is over",
    {
      ...atWork(WORKING, { policy: { timeoutSeconds: 60 } }),
      now: RUN_NOW + 61_000,
    },
  ]),
  row("Cancelled", "True", "UserCancelled", [
    "somebody cancels it before it begins",
    world({ operation: upgrade({ spec: { cancel: true } }) }),
  ]),
  row("Cancelled", "True", "UserCancelled", [
    "somebody cancels it while it is under way",
    atWork(WORKING, { cancel: true }),
  ]),
  row("Cancelled", "True", "SupersededByOperation", [
    "a newer upgrade waits too",
    world({
      others: [other({ metadata: { creationTimestamp: "2026-01-02" } })],
    }),
  ]),
  row("Cancelled", "True", "RestoredCopy", [
    "it carries the mark of another one's start",
    world({
      operation: upgrade({
        metadata: { annotations: { [ANNOTATIONS.startedUid]: "u-original" } },
      }),
    }),
  ]),
  row("Blocked", "True", "DependencyMissing", [
    "the engine's controller is missing",
    blocked,
  ]),
  row("Blocked", "True", "DependencyMissing", [
    "its namespace has not opted in",
    world({ optInMissing: "namespace shop has not opted in" }),
  ]),
  row("Blocked", "True", "AwaitingApproval", [
    "nobody has approved it",
    world({ approval: { state: "missing" } }),
  ]),
  row("Blocked", "True", "AwaitingApproval", [
    "its approval does not count",
    world({ approval: { state: "refused", why: "it is forged" } }),
  ]),
  row("Blocked", "True", "TargetNotReady", [
    "it wants a target that is Ready",
    world({ operation: upgrade({ spec: { policy: { requireReady: true } } }) }),
  ]),
  row("Blocked", "True", "ConflictingOperation", [
    "a restore is under way",
    world({
      others: [
        other({
          spec: { type: "Restore", engine: "velero" },
          metadata: { annotations: { [ANNOTATIONS.startedUid]: "u-other" } },
        }),
      ],
    }),
  ]),
  row("Blocked", "True", "BackupRequired", [
    "it asks for a backup, and there is none",
    world({ requiredBackup: { maxAgeSeconds: 3600 } }),
  ]),
  row("Blocked", "True", "BackupRequired", [
    "the backup that it asks for is too old",
    world({
      requiredBackup: {
        maxAgeSeconds: 3600,
        last: { name: "nightly", endedAt: RUN_NOW - 3_600_001 },
      },
    }),
  ]),
  row("Blocked", "True", "MissingSecret", [
    "a Secret is missing",
    world({ missingSecrets: ["key"] }),
  ]),
  row("Blocked", "True", "OutsideMaintenanceWindow", [
    "no window is open",
    world({ window: { isOpen: false, opensAt: RUN_NOW + 1 } }),
  ]),
  row("Blocked", "False", "Unblocked", [
    "the controller was installed",
    world(),
    blocked,
  ]),
];

/** How each reason of an Operation comes about. */
export const OPERATION_REASON_ROWS: readonly ReasonRow[] = [
  ...GENERIC_ROWS,
  ...ENGINE_REASON_ROWS.map(({ verdict, ...place }): ReasonRow => ({
    ...place,
    conditions: () => after(atWork(verdict()))(),
  })),
];
