import {
  APPLICATION_INSTANCE_REASONS,
  CLUSTER_REASONS,
  type ConditionReason,
  OPERATION_REASONS,
} from "@vworkspace/resources";
import { CLUSTER_COURSES } from "../testing/cluster-courses";
import { INSTANCE_REASON_ROWS } from "../testing/instance-reasons";
import { OPERATION_REASON_ROWS } from "../testing/operation-reasons";
import {
  reasonKey,
  type ReasonRow,
  unlistedRows,
  unreachedReasons,
} from "../testing/reason-row";
import { clusterStatus } from "./cluster/cluster.status";

interface Table {
  readonly kind: string;
  readonly reasons: readonly ConditionReason[];
  readonly rows: readonly ReasonRow[];
}

const CLUSTER_ROWS = CLUSTER_COURSES.map(
  ({ facts, old, now, ...place }): ReasonRow => ({
    ...place,
    conditions: () =>
      clusterStatus(old, facts, { now, generation: 1 })?.conditions ?? [],
  }),
);

const TABLES: readonly Table[] = [
  {
    kind: "an ApplicationInstance",
    reasons: APPLICATION_INSTANCE_REASONS,
    rows: INSTANCE_REASON_ROWS,
  },
  { kind: "a Cluster", reasons: CLUSTER_REASONS, rows: CLUSTER_ROWS },
  {
    kind: "an Operation",
    reasons: OPERATION_REASONS,
    rows: OPERATION_REASON_ROWS,
  },
];

describe.each(TABLES)("The conditions of $kind", ({ reasons, rows }) => {
  it.each(rows.map((row) => [reasonKey(row), row.when, row] as const))(
    "say %s when %s",
    (_key, _when, { condition, status, reason, conditions }: ReasonRow) => {
      const said = conditions().find(({ type }) => type === condition);
      expect(said).toMatchObject({ status, reason });
    },
  );

  it("have a world for every reason that isn't reserved, and none for another", () => {
    expect(unreachedReasons(reasons, rows)).toEqual([]);
    expect(unlistedRows(reasons, rows)).toEqual([]);
  });
});

describe("The check of the tables", () => {
  const [first] = INSTANCE_REASON_ROWS;

  it("finds a reason without a world", () => {
    expect(
      unreachedReasons(APPLICATION_INSTANCE_REASONS, first ? [first] : []),
    ).toContain("Ready/Unknown Reconciling");
  });

  it("finds a world of a reserved reason", () => {
    const reserved = first && {
      ...first,
      reason: "HelmReleaseReadyWithWarnings",
    };
    expect(
      unlistedRows(APPLICATION_INSTANCE_REASONS, reserved ? [reserved] : []),
    ).toEqual(["Ready/True HelmReleaseReadyWithWarnings"]);
  });
});
