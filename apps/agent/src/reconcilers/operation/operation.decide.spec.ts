import {
  ANNOTATIONS,
  APPLICATION_INSTANCE,
  type ApplicationInstance,
  FINALIZERS,
  OPERATION,
  type Operation,
  type OperationSpec,
} from "@vworkspace/resources";
import type { EngineEnd, EngineVerdict } from "../../engines/engine";
import type { OperationObservation } from "./observation";
import { decideOperation } from "./operation.decide";
import { DONE, WORKING } from "../../testing/engine-run";

const NOW = Date.UTC(2026, 0, 5, 12);
const UID = "uid-1";

interface Changes {
  spec?: Partial<OperationSpec>;
  metadata?: Partial<Operation["metadata"]>;
  status?: Operation["status"];
}

function operation({ spec, metadata, status }: Changes = {}): Operation {
  return {
    ...OPERATION,
    metadata: {
      name: "tidy",
      namespace: "shop",
      uid: UID,
      creationTimestamp: "2026-01-05T11:00:00Z",
      finalizers: [FINALIZERS.operation],
      ...metadata,
    },
    spec: {
      targetRef: { ...APPLICATION_INSTANCE, name: "web" },
      type: "Upgrade",
      engine: "helm",
      ...spec,
    },
    ...(status && { status }),
  };
}

function begun(changes: Changes = {}): Operation {
  return operation({
    status: { phase: "Running", startedAt: "2026-01-05T11:00:00Z" },
    ...changes,
    metadata: {
      annotations: { [ANNOTATIONS.startedUid]: UID },
      ...changes.metadata,
    },
  });
}

const TARGET: ApplicationInstance = {
  ...APPLICATION_INSTANCE,
  metadata: {
    name: "web",
    namespace: "shop",
    annotations: {
      "ops.vworkspace.io/upgrade": "workflow, helm",
      "ops.vworkspace.io/backup": "velero",
      "ops.vworkspace.io/runcommand": "job",
    },
  },
  spec: { appRef: { catalogId: "web" } },
};

/** Everything is as it should be. */
function world(
  changes: Partial<OperationObservation> = {},
): OperationObservation {
  return {
    operation: operation(),
    now: NOW,
    problems: [],
    target: TARGET,
    missingKinds: [],
    approval: { state: "not-required" },
    missingSecrets: [],
    window: { isOpen: true },
    others: [],
    ...changes,
  };
}

const problem = (field: string) => ({ field, message: `${field} is wrong` });
const other = (spec: Partial<OperationSpec>, changes: Changes = {}) =>
  begun({
    spec,
    ...changes,
    metadata: {
      name: "other",
      uid: "uid-2",
      annotations: { [ANNOTATIONS.startedUid]: "uid-2" },
      ...changes.metadata,
    },
  });

type Case = readonly [string, Partial<OperationObservation>, string, string];

/** What stands before the start, in the order in which it is asked: each world has all that comes after as well. */
const EVERYTHING_WRONG: Partial<OperationObservation> = {
  operation: operation({
    spec: { policy: { requireReady: true } },
    metadata: { finalizers: [] },
  }),
  missingKinds: ["HelmRelease (helm.toolkit.fluxcd.io/v2)"],
  approval: { state: "missing" },
  missingSecrets: ["key"],
  window: { isOpen: false, opensAt: NOW + 3_600_000 },
  others: [other({ type: "Restore", engine: "velero" })],
};

const { target: _target, ...NO_TARGET } = world(EVERYTHING_WRONG);
const CASES: readonly Case[] = [
  [
    "its namespace has not opted in",
    { ...EVERYTHING_WRONG, optInMissing: "namespace shop has not opted in" },
    "blocked DependencyMissing",
    "has not opted in",
  ],
  [
    "the spec is wrong",
    {
      ...EVERYTHING_WRONG,
      problems: [problem("spec.parameters.a"), problem("spec.policy")],
    },
    "refused ValidationFailed",
    "spec.policy is wrong",
  ],
  [
    "the target does not declare the engine",
    {
      ...EVERYTHING_WRONG,
      problems: [problem("spec.parameters.a")],
      operation: operation({ spec: { type: "Restore" } }),
    },
    "refused CapabilityMissing",
    "add it to its annotation ops.vworkspace.io/restore",
  ],
  [
    "a parameter is wrong",
    { ...EVERYTHING_WRONG, problems: [problem("spec.parameters.a")] },
    "refused ValidationFailed",
    "spec.parameters.a is wrong",
  ],
  [
    "the engine's controller is missing",
    EVERYTHING_WRONG,
    "blocked DependencyMissing",
    "does not serve HelmRelease",
  ],
  [
    "nobody has approved",
    { ...EVERYTHING_WRONG, missingKinds: [] },
    "blocked AwaitingApproval",
    "waits for an approval",
  ],
  [
    "the approval is a forged one",
    {
      ...EVERYTHING_WRONG,
      missingKinds: [],
      approval: { state: "refused", why: "it is of another operation" },
    },
    "blocked AwaitingApproval",
    "it is of another operation",
  ],
  [
    "the target is not ready",
    {
      ...EVERYTHING_WRONG,
      missingKinds: [],
      approval: { state: "valid", by: "ann" },
    },
    "blocked TargetNotReady",
    "web is not Ready",
  ],
  [
    "another operation is in the way",
    {
      ...EVERYTHING_WRONG,
      missingKinds: [],
      approval: { state: "valid", by: "ann" },
      operation: operation(),
    },
    "blocked ConflictingOperation",
    "Operation other (Restore) is under way",
  ],
  [
    "no backup was made",
    {
      requiredBackup: { maxAgeSeconds: 3600 },
      missingSecrets: ["key"],
      window: { isOpen: false, opensAt: NOW + 3_600_000 },
    },
    "blocked BackupRequired",
    "web has no backup that succeeded, and spec.parameters.requireBackup.maxAgeSeconds is 3600",
  ],
  [
    "the last backup is too old",
    {
      requiredBackup: {
        maxAgeSeconds: 3600,
        last: { name: "nightly", endedAt: NOW - 7_500_000 },
      },
      missingSecrets: ["key"],
    },
    "blocked BackupRequired",
    "the last backup, Operation nightly, ended 2 h ago, at 2026-01-05T09:55:00.000Z",
  ],
  [
    "the last backup has just become too old",
    {
      requiredBackup: {
        maxAgeSeconds: 60,
        last: { name: "nightly", endedAt: NOW - 60_001 },
      },
    },
    "blocked BackupRequired",
    "ended less than an hour ago",
  ],
  [
    "a Secret is missing",
    {
      missingSecrets: ["key"],
      window: { isOpen: false, opensAt: NOW + 3_600_000 },
    },
    "blocked MissingSecret",
    "Secret key is missing",
  ],
  [
    "no window is open",
    { window: { isOpen: false, opensAt: NOW + 3_600_000 } },
    "blocked OutsideMaintenanceWindow",
    "opens at 2026-01-05T13:00:00.000Z",
  ],
  [
    "no window ever opens",
    { window: { isOpen: false } },
    "blocked OutsideMaintenanceWindow",
    "ever opens",
  ],
];

/** `kind Reason` of what is said. */
function saidOf(seen: OperationObservation): readonly [string, string] {
  const { standing } = decideOperation(seen);
  for (const kind of ["refused", "blocked", "running", "ended"] as const) {
    const said =
      standing && kind in standing ? (standing as never)[kind] : undefined;
    if (said !== undefined) {
      const { reason, message } = said as { reason: string; message: string };
      return [`${kind} ${reason}`, message];
    }
  }
  return [standing?.phase ?? "nothing", ""];
}

describe("an operation that has not begun", () => {
  it("begins where nothing is in the way, with a finalizer first", () => {
    expect(decideOperation(world())).toEqual({
      standing: { phase: "Pending" },
      action: { do: "mark-started" },
    });
    const bare = operation({ metadata: { finalizers: [] } });
    expect(decideOperation(world({ operation: bare })).action).toEqual({
      do: "add-finalizer",
    });
  });

  it.each(CASES)("waits where %s", (_, changes, said, words) => {
    const seen = world(changes);
    const [what, message] = saidOf(seen);
    expect(what).toBe(said);
    expect(message).toContain(words);
    expect(decideOperation(seen).action).toBeUndefined();
  });

  it("waits for a target that is not there yet", () => {
    expect(saidOf(NO_TARGET)).toEqual([
      "refused TargetNotFound",
      'spec.targetRef.name is "web": namespace shop has no such ApplicationInstance',
    ]);
  });

  it("waits for no window where it only makes a backup", () => {
    const backup = operation({ spec: { type: "Backup", engine: "velero" } });
    const window = { isOpen: false, opensAt: NOW + 1 } as const;
    expect(
      decideOperation(world({ operation: backup, window })).action,
    ).toEqual({ do: "mark-started" });
  });

  it("begins where the backup that it asks for is just new enough", () => {
    const last = { name: "nightly", endedAt: NOW - 60_000 };
    const requiredBackup = { maxAgeSeconds: 60, last };
    expect(decideOperation(world({ requiredBackup })).action).toEqual({
      do: "mark-started",
    });
  });

  it("reads the older spelling of what a target can do", () => {
    const command = operation({ spec: { type: "RunCommand", engine: "job" } });
    expect(decideOperation(world({ operation: command })).action).toEqual({
      do: "mark-started",
    });
  });

  it.each<[OperationSpec["type"], OperationSpec["type"], boolean]>([
    ["Upgrade", "Upgrade", true],
    ["Upgrade", "Restore", true],
    ["Upgrade", "Backup", false],
    ["Upgrade", "Migration", true],
    ["Upgrade", "RunCommand", false],
    ["Upgrade", "Runbook", false],
  ])("%s beside %s that is under way: waits %s", (_, type, waits) => {
    const others = [other({ type, engine: "velero" })];
    const [what] = saidOf(world({ others }));
    expect(what === "blocked ConflictingOperation").toBe(waits);
  });

  it("waits for one that wants to be alone, and for all others where it wants that itself", () => {
    const alone = { policy: { exclusive: true } };
    const command = { type: "RunCommand", engine: "job" } as const;
    const others = [other({ ...command, ...alone })];
    expect(saidOf(world({ others }))[0]).toBe("blocked ConflictingOperation");
    const self = operation({ spec: alone });
    expect(
      saidOf(world({ operation: self, others: [other(command)] }))[0],
    ).toBe("blocked ConflictingOperation");
  });

  it("gives way to a newer upgrade that waits as well, and to none that is older, cancelled or under way", () => {
    const newer = (changes: Changes) =>
      operation({
        ...changes,
        metadata: {
          name: "newer",
          uid: "uid-2",
          creationTimestamp: "2026-01-05T11:30:00Z",
          ...changes.metadata,
        },
      });
    const missingKinds = ["HelmRelease"];
    const said = (one: Operation) =>
      saidOf(world({ others: [one], missingKinds }))[0];
    expect(said(newer({}))).toBe("ended SupersededByOperation");
    expect(said(newer({ spec: { cancel: true } }))).toBe(
      "blocked DependencyMissing",
    );
    expect(
      said(newer({ metadata: { creationTimestamp: "2026-01-05T10:00:00Z" } })),
    ).toBe("blocked DependencyMissing");
    expect(said(newer({ spec: { engine: "workflow" } }))).toBe(
      "blocked DependencyMissing",
    );
  });

  it("is let go where it is deleted, and ends where it is cancelled", () => {
    const gone = { deletionTimestamp: "2026-01-05T11:30:00Z" };
    expect(
      decideOperation(world({ operation: operation({ metadata: gone }) })),
    ).toEqual({ action: { do: "remove-finalizer" } });
    const cancelled = operation({ spec: { cancel: true } });
    expect(saidOf(world({ operation: cancelled }))[0]).toBe(
      "ended UserCancelled",
    );
  });

  it("never runs where it is the copy of one that did", () => {
    const annotations = { [ANNOTATIONS.startedUid]: "uid-of-the-original" };
    const copy = operation({ metadata: { annotations } });
    expect(saidOf(world({ operation: copy }))[0]).toBe("ended RestoredCopy");
  });
});

const BROKEN: EngineVerdict = {
  state: "failed",
  reason: "EngineFailed",
  message: "it broke",
};
const STOPPED: EngineEnd = { state: "ended" };
const STOPPING: EngineEnd = { state: "ending", message: "it is stopped" };

describe("an operation that has begun", () => {
  const seen = (
    engine: OperationObservation["engine"],
    changes: Changes = {},
  ): OperationObservation =>
    world({ operation: begun(changes), ...(engine && { engine }) });
  const gone = { metadata: { deletionTimestamp: "2026-01-05T11:30:00Z" } };
  const cancelled = { spec: { cancel: true } };
  const late = { spec: { policy: { timeoutSeconds: 3600 } } };

  it.each<[string, OperationObservation, string]>([
    ["its agent ended at the mark", seen(undefined), "Running"],
    [
      "it works",
      seen({ verdict: WORKING, end: STOPPED }),
      "running EngineStarted",
    ],
    [
      "it is done",
      seen({ verdict: DONE, end: STOPPING }),
      "ended EngineCompleted",
    ],
    [
      "it broke",
      seen({ verdict: BROKEN, end: STOPPING }),
      "ended EngineFailed",
    ],
    [
      "it is done, though cancelled meanwhile",
      seen({ verdict: DONE, end: STOPPED }, cancelled),
      "ended EngineCompleted",
    ],
    [
      "it is done, and is taken back because it was cancelled",
      seen({ verdict: DONE, end: STOPPING }, cancelled),
      "running EngineStarted",
    ],
    [
      "it is done, and its time is over",
      seen({ verdict: DONE, end: STOPPING }, late),
      "ended EngineCompleted",
    ],
    [
      "it is being cancelled",
      seen({ verdict: WORKING, end: STOPPING }, cancelled),
      "running EngineStarted",
    ],
    [
      "it is cancelled",
      seen({ verdict: WORKING, end: STOPPED }, cancelled),
      "ended UserCancelled",
    ],
    [
      "what was cancelled is gone, which is a failure to the engine",
      seen({ verdict: BROKEN, end: STOPPED }, cancelled),
      "ended UserCancelled",
    ],
    [
      "its time is over",
      seen({ verdict: WORKING, end: STOPPING }, late),
      "running EngineStarted",
    ],
    [
      "its time is over and nothing is left of it",
      seen({ verdict: BROKEN, end: STOPPED }, late),
      "ended Timeout",
    ],
    [
      "it broke by itself, and its time is over too",
      seen({ verdict: BROKEN, end: STOPPING }, late),
      "ended EngineFailed",
    ],
  ])("where %s", (_, observation, said) => {
    expect(saidOf(observation)[0]).toBe(said);
  });

  it("goes when nothing is left of what was made for it", () => {
    const { action } = decideOperation(
      seen({ verdict: WORKING, end: STOPPED }, gone),
    );
    expect(action).toEqual({ do: "remove-finalizer" });
    expect(
      decideOperation(seen({ verdict: WORKING, end: STOPPING }, gone)).action,
    ).toBeUndefined();
  });

  it("is looked at again at the latest when its time is over", () => {
    const { recheckAfterMs } = decideOperation(
      seen(
        { verdict: WORKING, end: STOPPED },
        { spec: { policy: { timeoutSeconds: 3610 } } },
      ),
    );
    expect(recheckAfterMs).toBe(10_000);
  });

  it.each([
    [2, 1_000],
    [30, 3_000],
    [3_600, 10_000],
  ])(
    "that has gone on for %i seconds is looked at again after %i ms",
    (seconds, ms) => {
      const startedAt = new Date(NOW - seconds * 1_000).toISOString();
      const status = { phase: "Running", startedAt } as const;
      for (const end of [STOPPED, STOPPING]) {
        const spec = { cancel: end === STOPPING };
        const { recheckAfterMs } = decideOperation(
          seen({ verdict: WORKING, end }, { status, spec }),
        );
        expect(recheckAfterMs).toBe(ms);
      }
    },
  );

  it("asks nothing of what stood before its start", () => {
    expect(
      saidOf({
        ...world(EVERYTHING_WRONG),
        operation: begun(),
        engine: { verdict: WORKING, end: STOPPED },
      })[0],
    ).toBe("running EngineStarted");
  });

  it("has ended for good", () => {
    const ended = begun({ status: { phase: "Failed" } });
    expect(decideOperation(world({ operation: ended }))).toEqual({
      action: { do: "remove-finalizer" },
    });
    const settled = begun({
      status: { phase: "Failed" },
      metadata: { finalizers: [] },
    });
    expect(decideOperation(world({ operation: settled }))).toEqual({});
  });
});
