import { objectKey } from "../../../delivery/domain/desired-object";
import { foldReports, type Seen } from "./fold-reports";

const CLUSTER_ID = "c";
const objectOf = (name: string) => ({
  clusterId: CLUSTER_ID,
  apiVersion: "v1",
  kind: "ConfigMap",
  namespace: "prod",
  name,
});

function seen(
  name: string,
  second: number,
  more: {
    readonly status?: "True" | "False";
    readonly snapshotId?: string;
  } = {},
): Seen {
  const { status = "True", snapshotId } = more;
  return {
    object: objectOf(name),
    snapshotId,
    report: {
      uid: "u",
      intentGeneration: 1,
      generation: undefined,
      isWhole: false,
      conditions: [{ type: "Ready", status, reason: "", message: "" }],
      endpoints: undefined,
      position: { timestamp: new Date(second * 1000).toISOString() },
    },
  };
}

const statuses = (of: ReturnType<typeof foldReports>["steps"]) =>
  of.map(({ object, observed }) => [
    object.name,
    observed.conditions[0]?.status,
  ]);

describe("reports of a batch, folded", () => {
  it("tell every step in order, and of each object the last", () => {
    const { steps, newest } = foldReports(new Map(), [
      seen("a", 1, { status: "False" }),
      seen("b", 2),
      seen("a", 3),
    ]);
    expect(statuses(steps)).toEqual([
      ["a", "False"],
      ["b", "True"],
      ["a", "True"],
    ]);
    expect(statuses(newest)).toEqual([
      ["a", "True"],
      ["b", "True"],
    ]);
  });

  it("go on from what was known before the batch, and an older one changes nothing", () => {
    const { newest } = foldReports(new Map(), [seen("a", 5)]);
    const known = new Map(
      newest.map(({ object, observed }) => [objectKey(object), observed]),
    );
    const late = foldReports(known, [seen("a", 4, { status: "False" })]);
    expect(statuses(late.newest)).toEqual([["a", "True"]]);
  });

  it("keep the snapshot that listed an object when events follow it", () => {
    const { newest } = foldReports(new Map(), [
      seen("a", 1, { snapshotId: "s" }),
      seen("a", 2),
    ]);
    expect(newest.map(({ snapshotId }) => snapshotId)).toEqual(["s"]);
  });
});
