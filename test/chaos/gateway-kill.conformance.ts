import { chaosReport } from "./chaos-report";
import { ChaosRun } from "./chaos-run";
import { clusterProblems } from "./cluster-problems";
import { killPlan } from "./kill-plan";
import { ledgerProblems } from "./ledger-problems";

const APPLICATIONS = 200;
const KILLS = 10;
/** For everything to become ready once the last kill is over; far more than it takes. */
const QUIET_MS = 180_000;
const SHOWN_PROBLEMS = 30;

const seed = Number(process.env["VWORKSPACE_CHAOS_SEED"] || "20261");

jest.setTimeout(480_000);

describe(`kill -9 of the gateway, VWORKSPACE_CHAOS_SEED=${seed}`, () => {
  let run: ChaosRun;
  beforeAll(async () => {
    run = await ChaosRun.start();
  });
  afterAll(async () => {
    await run.stop();
  });

  it(`in a stream of ${APPLICATIONS} applications, at ${KILLS} moments: all become ready, each job is settled once, each change has its audit entry`, async () => {
    const stream = run.applications(APPLICATIONS);
    const plan = killPlan(seed, KILLS, APPLICATIONS);
    await Promise.all([stream.run(), run.killAlong(plan, stream)]);
    const ledger = await run.quietLedger(QUIET_MS);
    const { instances } = ledger;
    process.stderr.write(chaosReport(seed, run.gateway, stream, ledger));
    const problems = [
      ...ledgerProblems(ledger, stream.acknowledged, APPLICATIONS),
      ...clusterProblems(await run.cluster.applications(), instances),
    ];
    if (problems.length > 0)
      throw new Error(
        `Again with VWORKSPACE_CHAOS_SEED=${seed}:\n${firstOf(problems)}\n\n${await run.lastWords()}`,
      );
  });
});

/** One lost thing makes many sentences. */
function firstOf(problems: readonly string[]): string {
  const shown = problems.slice(0, SHOWN_PROBLEMS);
  const rest = problems.length - shown.length;
  return [...shown, ...(rest > 0 ? [`and ${rest} more`] : [])].join("\n");
}
