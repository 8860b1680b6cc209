import {
  APPLICATION_INSTANCE,
  OPERATION,
  type Operation,
  type OperationStatus,
  type OperationType,
} from "@vworkspace/resources";
import { lastBackup } from "./last-backup.decide";

const TARGET = { namespace: "shop", name: "web" };

interface Over {
  readonly type?: OperationType;
  readonly target?: string;
  readonly namespace?: string;
  readonly status?: OperationStatus;
}

function ended(name: string, finishedAt: string, over: Over = {}): Operation {
  const { type = "Backup", target = "web", namespace = "shop" } = over;
  return {
    ...OPERATION,
    metadata: { name, namespace },
    spec: {
      targetRef: { ...APPLICATION_INSTANCE, name: target },
      type,
      engine: "velero",
    },
    status: { phase: "Succeeded", finishedAt, ...over.status },
  };
}

const degraded = {
  type: "Degraded",
  status: "True",
  reason: "VeleroBackupPartiallyFailed",
  message: "",
  lastTransitionTime: "2026-01-03T00:00:00Z",
} as const;

describe("The last backup", () => {
  it("is the newest by its end, in whatever order they are", () => {
    const one = ended("one", "2026-01-01T00:00:00Z");
    const two = ended("two", "2026-01-02T00:00:00Z");
    const last = { name: "two", endedAt: Date.UTC(2026, 0, 2) };
    expect(lastBackup([one, two], TARGET)).toEqual(last);
    expect(lastBackup([two, one], TARGET)).toEqual(last);
  });

  it.each<[string, Over]>([
    ["is of another type", { type: "Restore" }],
    ["is of another instance", { target: "db" }],
    ["is of another namespace", { namespace: "other" }],
    ["failed", { status: { phase: "Failed" } }],
    ["is under way", { status: { phase: "Running" } }],
    ["is Degraded", { status: { conditions: [degraded] } }],
    ["tells no time", { status: { finishedAt: "" } }],
  ])("is none that %s", (_, over) => {
    const other = ended("other", "2026-01-03T00:00:00Z", over);
    expect(lastBackup([other], TARGET)).toBeUndefined();
  });
});
