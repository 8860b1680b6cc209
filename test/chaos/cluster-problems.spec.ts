import type { ClusterContent, SeenApplication } from "./cluster-content";
import { clusterProblems } from "./cluster-problems";
import type { LedgerInstance } from "./gateway-ledger";

const place = { namespace: "shop", name: "web" };
const wanted: LedgerInstance = {
  ...place,
  id: "i",
  number: 1,
  state: "ready",
  generation: 2,
  version: "1.2.0",
  values: '{"round":1}',
  suspended: false,
};
const seen: SeenApplication = {
  ...place,
  holds: ["Ready"],
  intentGeneration: "2",
  version: "1.2.0",
  values: { round: 1 },
  suspended: false,
};
const release = {
  kind: "HelmRelease",
  partName: "web",
  place,
  carries: { round: 1 },
};
const source = {
  kind: "OCIRepository",
  partName: "web",
  place,
  carries: "1.2.0",
};
const secret = { kind: "Secret", partName: "web.v1", place };
const whole: ClusterContent = {
  applications: [seen],
  parts: [release, source, secret],
};

const problems = (
  content: Partial<ClusterContent>,
  instance: Partial<LedgerInstance> = {},
) => clusterProblems({ ...whole, ...content }, [{ ...wanted, ...instance }]);

describe("clusterProblems", () => {
  it("finds nothing wrong with what is there, whole and of the wanted generation", () => {
    expect(problems({})).toEqual([]);
  });

  it("wants nothing of a deleted instance", () => {
    const deleted = { state: "deleted" };
    expect(problems({ applications: [], parts: [] }, deleted)).toEqual([]);
    expect(problems({}, deleted)).toHaveLength(4);
  });

  it("takes a suspended one as it is, with a release that waits", () => {
    const suspended = { ...seen, suspended: true, holds: ["Suspended"] };
    const content = { applications: [suspended], parts: [] };
    expect(problems(content, { suspended: true, state: "suspended" })).toEqual(
      [],
    );
    expect(problems(content)).not.toEqual([]);
  });

  it.each<[string, Partial<ClusterContent>, RegExp]>([
    ["one that is missing", { applications: [] }, /not in the cluster exactly/],
    [
      "one that is not Ready",
      { applications: [{ ...seen, holds: [] }] },
      /"Ready":false.* in the cluster/,
    ],
    [
      "one that is behind",
      { applications: [{ ...seen, intentGeneration: "1" }] },
      /"generation":"1".* in the cluster/,
    ],
    [
      "other values",
      { applications: [{ ...seen, values: { round: 0 } }] },
      /"round":0.* in the cluster/,
    ],
    [
      "one that nobody wants",
      { applications: [seen, { ...seen, name: "x" }] },
      /shop\/x is in the cluster, and nobody wants it/,
    ],
    [
      "a Helm Secret that was left behind",
      {
        parts: [...whole.parts, { ...secret, place: { ...place, name: "x" } }],
      },
      /Secret web\.v1 of shop\/x .* nobody wants it/,
    ],
    ["a missing source", { parts: [release] }, /has OCIRepository with \[\]/],
    [
      "a release with older values",
      { parts: [{ ...release, carries: { round: 0 } }, source] },
      /has HelmRelease with \[\{"round":0\}\]/,
    ],
  ])("tells of %s", (_, content, sentence) => {
    expect(problems(content)).toContainEqual(expect.stringMatching(sentence));
  });
});
