import { ApiFaults } from "./api-faults";
import type { FaultyRequest } from "./faults.decide";

const LIST: FaultyRequest = { verb: "list", resource: "pods", user: "agent" };
const WATCH: FaultyRequest = { ...LIST, verb: "watch" };
const refuse = { kind: "refuse", code: 500 } as const;

describe("Faults of the API", () => {
  const strikes = (faults: ApiFaults, requests: readonly FaultyRequest[]) =>
    requests.map((request) => faults.meet(request) !== undefined);
  const of = (rule: object, seed = 1) => {
    const faults = new ApiFaults([], 1);
    faults.set([{ effect: refuse, ...rule }], seed);
    return faults;
  };
  const times = (count: number) => new Array<FaultyRequest>(count).fill(LIST);

  it.each([
    [{ nth: [1, 3] }, [true, false, true, false]],
    [{ every: 2 }, [false, true, false, true]],
    [{ times: 2 }, [true, true, false, false]],
    [{ probability: 0 }, [false, false, false, false]],
    [{ probability: 1 }, [true, true, true, true]],
    [{ verbs: ["watch"] }, [false, false, false, false]],
    [{ resources: ["secrets"] }, [false, false, false, false]],
    [{ user: "admin" }, [false, false, false, false]],
    [{ user: "agent", verbs: ["list", "get"] }, [true, true, true, true]],
    [{ effect: { kind: "expire" } }, [false, false, false, false]],
  ])("strike as the rule %j says", (rule, expected) => {
    expect(strikes(of(rule), times(4))).toEqual(expected);
  });

  it("leave paths alone that name no resource", () => {
    expect(of({}).meet({ ...LIST, resource: "" })).toBeUndefined();
  });

  it("let a watch expire", () => {
    const faults = of({ effect: { kind: "expire" } });
    expect(faults.meet(WATCH)).toEqual({ kind: "expire" });
  });

  it("are the same for the same seed, and others for another one", () => {
    const run = (seed: number) =>
      strikes(of({ probability: 0.5 }, seed), times(50));
    expect(run(7)).toEqual(run(7));
    expect(run(7)).not.toEqual(run(8));
  });

  it("count their hits by name or place, from nothing each time they are set", () => {
    const faults = new ApiFaults([], 1);
    const named = { name: "second", every: 2, effect: refuse };
    faults.set([{ nth: [1], effect: refuse }, named]);
    strikes(faults, times(5));
    expect(faults.hits()).toEqual({ 0: 1, second: 2 });
    faults.set([]);
    expect(faults.hits()).toEqual({});
    expect(faults.meet(LIST)).toBeUndefined();
  });

  it("refuse a rule that says what there isn't", () => {
    expect(() => of({ effect: { kind: "refuse", code: 418 } })).toThrow();
    expect(() => of({ verb: "list" })).toThrow();
  });
});
