import { outcomeLine, problemText } from "./chaos-report";
import { ChaosRun } from "./chaos-run";
import { ChaosStage } from "./chaos-stage";

const APPLICATIONS = 40;
const WHAT = { applications: APPLICATIONS, cluster: "simulator" } as const;
const SEEDS = Number(process.env["VWORKSPACE_CHAOS_SEEDS"] || "50");
const FIRST = Number(process.env["VWORKSPACE_CHAOS_FIRST"] || "1");
const ALL_SEEDS = Array.from({ length: SEEDS }, (_, index) => FIRST + index);

/**
 * The tests of every second seed, odd ones (1) or even ones (0). A run waits more than it computes: in two files they go at
 * the same time.
 */
export function describeSeededRuns(remainder: 0 | 1): void {
  const seeds = ALL_SEEDS.filter((seed) => seed % 2 === remainder);
  // A single seed is in one of the two files.
  if (seeds.length === 0) return void it.todo("no seed of this half");

  describe(`${APPLICATIONS} applications, with agent, gateway, PostgreSQL and API server killed and their connections hurt`, () => {
    let stage: ChaosStage;
    beforeAll(async () => {
      stage = await ChaosStage.start();
    }, 120_000);
    afterAll(() => stage.stop());

    it.each(seeds)(
      "seed %i: cluster, gateway, callers and evidence agree in the end",
      async (seed) => {
        const outcome = await ChaosRun.of(stage, { ...WHAT, seed });
        process.stderr.write(`${outcomeLine(outcome)}\n`);
        if (outcome.problems.length > 0)
          throw new Error(problemText(outcome, WHAT));
      },
      300_000,
    );
  });
}
