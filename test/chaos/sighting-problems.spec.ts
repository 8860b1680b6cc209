import type { Sighting } from "./cluster-witness";
import type { LedgerJob, LedgerObject } from "./gateway-ledger";
import { sightingProblems } from "./sighting-problems";

const place = { namespace: "shop", name: "web" };
const object: LedgerObject = {
  ...place,
  generation: 5,
  observedGeneration: 5,
  isUnfinished: false,
};
const deletion: LedgerJob = {
  ...place,
  id: "j",
  kind: "delete",
  generation: 3,
  idempotencyKey: "applicationinstance/shop/web@3",
  state: "succeeded",
  attempt: 1,
};

function seen(stamp: number, generation: number, more: Partial<Sighting> = {}) {
  const specDigest = `spec ${generation}`;
  const uid = "first";
  const isDeleting = false;
  return { ...place, uid, generation, stamp, specDigest, isDeleting, ...more };
}

const problems = (...sightings: Sighting[]) =>
  sightingProblems(sightings, {
    objects: [object],
    settledJobs: [deletion],
  });

describe("sightingProblems", () => {
  it("finds nothing wrong with one write for each generation, a deletion, and a new object", () => {
    expect(
      problems(
        seen(1, 1),
        seen(1, 1),
        seen(2, 2),
        seen(2, 3, { isDeleting: true, specDigest: "spec 2" }),
        seen(4, 1, { uid: "second" }),
        seen(5, 2, { uid: "second" }),
      ),
    ).toEqual([]);
  });

  it("allows for sightings that are missing, and for generations that changed no spec", () => {
    expect(problems(seen(1, 1), seen(2, 1, { specDigest: "spec 1" }))).toEqual(
      [],
    );
    const uid = "second";
    expect(problems(seen(1, 1), seen(5, 2, { uid }))).toEqual([]);
  });

  it.each<[string, Sighting[], RegExp]>([
    ["an older one after a newer", [seen(2, 2), seen(1, 3)], /fell from/],
    [
      "a generation written twice",
      [seen(1, 1), seen(2, 3)],
      /written 2 times from generation 1 to 2/,
    ],
    [
      "two specs of one generation",
      [seen(1, 1), seen(1, 2)],
      /two specs at generation 1/,
    ],
    [
      "what was deleted and came back",
      [seen(2, 2), seen(2, 1, { uid: "second" })],
      /created again at generation 2/,
    ],
    [
      "a generation that nobody issued",
      [seen(6, 1)],
      /generation 6, which was never issued/,
    ],
    ["no stamp", [seen(0, 1)], /generation 0, which was never issued/],
    [
      "a newcomer that was made of the old one",
      [seen(2, 2), seen(4, 3)],
      /first lived through the delete 3/,
    ],
  ])("tells of %s", (_, sightings, sentence) => {
    expect(problems(...sightings)).toContainEqual(
      expect.stringMatching(sentence),
    );
  });
});
