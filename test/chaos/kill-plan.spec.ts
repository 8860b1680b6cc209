import { killPlan } from "./kill-plan";

const seeds = Array.from({ length: 200 }, (_, seed) => seed);

describe("killPlan", () => {
  it("gives the same moments for the same seed, and others for another", () => {
    expect(killPlan(7, 10, 200)).toEqual(killPlan(7, 10, 200));
    expect(killPlan(8, 10, 200)).not.toEqual(killPlan(7, 10, 200));
  });

  it("puts every moment into the stream, in order", () => {
    for (const seed of seeds) {
      const creates = killPlan(seed, 10, 200).map((kill) => kill.afterCreates);
      expect(creates).toHaveLength(10);
      expect(creates).toEqual(creates.toSorted((a, b) => a - b));
      expect(Math.min(...creates)).toBeGreaterThanOrEqual(1);
      expect(Math.max(...creates)).toBeLessThan(200);
    }
  });

  it("takes PostgreSQL along at every second kill, first or second by the seed's parity", () => {
    const taken = (seed: number) =>
      killPlan(seed, 4, 8).map((kill) => kill.withPostgres);
    expect(taken(2)).toEqual([true, false, true, false]);
    expect(taken(3)).toEqual([false, true, false, true]);
  });
});
