import { type Fault, faultPlan } from "./fault-plan";

const seeds = Array.from({ length: 200 }, (_, seed) => seed);
const ORDERS = 100;

const nameOf = (fault: Fault) =>
  "link" in fault ? `${fault.on} ${fault.link.kind}` : fault.on;
const namesOf = (seed: number) =>
  faultPlan(seed, ORDERS).map(({ fault }) => nameOf(fault));

describe("faultPlan", () => {
  it("gives the same faults for the same seed, and others for another", () => {
    expect(faultPlan(7, ORDERS)).toEqual(faultPlan(7, ORDERS));
    expect(faultPlan(8, ORDERS)).not.toEqual(faultPlan(7, ORDERS));
  });

  it("puts every fault among the orders, in their order", () => {
    for (const seed of seeds) {
      const moments = faultPlan(seed, ORDERS).map((one) => one.afterOrders);
      expect(moments).toEqual(moments.toSorted((a, b) => a - b));
      expect(Math.min(...moments)).toBeGreaterThanOrEqual(1);
      expect(Math.max(...moments)).toBeLessThan(ORDERS);
    }
  });

  it("kills agent, API server and gateway in every run, and PostgreSQL in two of three", () => {
    for (const seed of seeds) {
      const names = namesOf(seed);
      expect(names).toContain("agent");
      expect(names).toContain("api-server");
      const [gateway] = names.filter(
        (name) => /^(gateway|postgres)/.test(name) && !name.includes("-link"),
      );
      expect(gateway).toBe(
        ["gateway", "gateway-and-postgres", "postgres"][seed % 3],
      );
    }
  });

  it("hurts both links in every way", () => {
    const all = new Set(seeds.flatMap(namesOf));
    for (const link of ["gateway-link", "cluster-link"])
      for (const kind of [
        "cut",
        "black-hole",
        "stall",
        "latency",
        "slow",
        "reset",
      ])
        expect(all).toContain(`${link} ${kind}`);
  });
});
