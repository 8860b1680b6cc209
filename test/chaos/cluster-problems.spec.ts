import type { SeenApplication } from "./chaos-cluster";
import { clusterProblems } from "./cluster-problems";
import type { LedgerInstance } from "./gateway-ledger";

const wanted: LedgerInstance = {
  id: "i",
  number: 1,
  namespace: "shop",
  name: "web",
  state: "ready",
  generation: 2,
};
const seen: SeenApplication = {
  namespace: "shop",
  name: "web",
  isReady: true,
  intentGeneration: "2",
};

describe("clusterProblems", () => {
  it("finds nothing wrong with what is there, Ready and of the wanted generation", () => {
    expect(clusterProblems([seen], [wanted])).toEqual([]);
  });

  it.each<[string, SeenApplication[], RegExp]>([
    ["missing", [], /not in the cluster exactly once/],
    ["not Ready", [{ ...seen, isReady: false }], /is not Ready/],
    ["behind", [{ ...seen, intentGeneration: "1" }], /"1" in the cluster, 2/],
    ["somebody else's", [seen, { ...seen, name: "x" }], /x .* nobody wants it/],
  ])("tells of an application that is %s", (_, there, sentence) => {
    expect(clusterProblems(there, [wanted])).toEqual([
      expect.stringMatching(sentence),
    ]);
  });
});
