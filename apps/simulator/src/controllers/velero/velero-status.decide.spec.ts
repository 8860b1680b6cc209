import type { KubeObject } from "../../kube-object";
import { nextStatus, type VeleroSeen } from "./velero-status.decide";

const now = "2026-01-01T00:00:00Z";

function told(over: Partial<VeleroSeen>): object[] {
  let backup: KubeObject = {
    apiVersion: "velero.io/v1",
    kind: "Backup",
    metadata: { name: "b" },
  };
  const said: object[] = [];
  for (;;) {
    const next = nextStatus(backup, "itemsBackedUp", {
      now,
      total: 10,
      end: () => "completes",
      ...over,
    });
    if (next === undefined || said.length > 20) return said;
    said.push(next);
    const status = { ...(backup["status"] as object), ...next };
    backup = { ...backup, status };
  }
}

describe("What the stand-in for Velero says of a backup", () => {
  it("begins, counts what it goes through, and is complete", () => {
    const progress = (itemsBackedUp: number) => ({
      totalItems: 10,
      itemsBackedUp,
    });
    expect(told({ begun: { version: 1 } })).toEqual([
      {
        version: 1,
        phase: "InProgress",
        startTimestamp: now,
        progress: progress(0),
      },
      { progress: progress(3) },
      { progress: progress(6) },
      { progress: progress(9) },
      { phase: "Finalizing", progress: progress(10) },
      { phase: "Completed", completionTimestamp: now },
    ]);
  });

  it("is over at once where it can't begin", () => {
    expect(told({ problem: "there is no place" })).toEqual([
      { phase: "FailedValidation", validationErrors: ["there is no place"] },
    ]);
  });

  it("of nothing comes to its end too", () => {
    expect(told({ total: 0 }).at(-1)).toMatchObject({ phase: "Completed" });
  });

  it.each([
    ["fails", "Failed"],
    ["partially-fails", "PartiallyFailed"],
  ] as const)("ends as its course has it: %s", (end, phase) => {
    let asked = 0;
    const said = told({
      end: () => {
        asked += 1;
        return end;
      },
    });
    expect(said.at(-1)).toMatchObject({ phase });
    expect(asked).toBe(1);
  });
});
