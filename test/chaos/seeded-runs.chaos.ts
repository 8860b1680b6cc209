import { outcomeLine, problemText } from "./chaos-report";
import { ChaosRun } from "./chaos-run";
import { ChaosStage } from "./chaos-stage";

const APPLICATIONS = 40;
const WHAT = { applications: APPLICATIONS, cluster: "simulator" } as const;
const SEEDS = Number(process.env["VWORKSPACE_CHAOS_SEEDS"] || "50");
const FIRST = Number(process.env["VWORKSPACE_CHAOS_FIRST"] || "1");
const seeds = Array.from({ length: SEEDS }, (_, index) => FIRST + index);

jest.setTimeout(300_000);

describe(`${APPLICATIONS} applications, with agent, gateway, PostgreSQL and API server killed and their connections hurt`, () => {
  let stage: ChaosStage;
  beforeAll(async () => {
    stage = await ChaosStage.start();
  });
  afterAll(() => stage.stop());

  it.each(seeds)(
    "seed %i: cluster, gateway, callers and evidence agree in the end",
    async (seed) => {
      const outcome = await ChaosRun.of(stage, { ...WHAT, seed });
      process.stderr.write(`${outcomeLine(outcome)}\n`);
      if (outcome.problems.length > 0)
        throw new Error(problemText(outcome, WHAT));
    },
  );
});
