import { APPLICATION_INSTANCE_REASONS } from "./application-instance.reasons";
import { CLUSTER_REASONS } from "./cluster.reasons";
import type { ConditionReason } from "./condition-reason";
import { OPERATION_REASONS } from "./operation.reasons";

const tables: readonly (readonly [
  string,
  readonly ConditionReason[],
  readonly string[],
])[] = [
  [
    "an ApplicationInstance",
    APPLICATION_INSTANCE_REASONS,
    ["Ready", "Reconciling", "Degraded", "Suspended", "Blocked", "Deleting"],
  ],
  [
    "an Operation",
    OPERATION_REASONS,
    [
      "Accepted",
      "Running",
      "Succeeded",
      "Failed",
      "Cancelled",
      "Blocked",
      "Degraded",
    ],
  ],
  [
    "a Cluster",
    CLUSTER_REASONS,
    [
      "Connected",
      "Disconnected",
      "Authenticated",
      "ControllersHealthy",
      "BufferOverflow",
      "ClockSkewed",
    ],
  ],
];

describe.each(tables)("The reasons of %s", (_kind, reasons, conditions) => {
  it("speak of its conditions, and of each of them", () => {
    expect(new Set(reasons.map(({ condition }) => condition))).toEqual(
      new Set(conditions),
    );
  });

  it("are listed once for each condition and status", () => {
    const keys = reasons.map(({ condition, status, reason }) =>
      [condition, status, reason].join("/"),
    );
    expect(new Set(keys).size).toBe(keys.length);
  });

  it("are words that Kubernetes accepts, each with a meaning and a remedy", () => {
    for (const { reason, meaning, remedy } of reasons) {
      expect(reason).toMatch(/^[A-Z][A-Za-z0-9]*$/);
      expect(meaning).toMatch(/^[^\n]+[.]$/);
      expect(remedy).toMatch(/^[^\n]+[.]$/);
    }
  });
});
