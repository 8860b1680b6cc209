import { Command, InvalidArgumentError, Option } from "commander";
import { outcomeLine, problemText } from "./chaos-report";
import { ChaosRun } from "./chaos-run";
import { CLUSTER_KINDS, type ClusterKind } from "./chaos-server";
import { ChaosStage } from "./chaos-stage";

interface Options {
  readonly seeds: number;
  readonly first: number;
  readonly applications: number;
  readonly cluster: ClusterKind;
}

/** Exit codes: 0 all agree, 1 a seed has problems, 2 the command line is wrong. */
async function main(): Promise<void> {
  const options = new Command("npm run chaos --")
    .description(
      "Kills agent, gateway, PostgreSQL and API server and hurts their connections while callers want applications; then looks whether all of them agree.",
    )
    .option("--seeds <count>", "how many seeds, one after the other", whole, 50)
    .option("--first <seed>", "the first of them", whole, 1)
    .option("--applications <count>", "of each seed", whole, 40)
    .addOption(
      new Option("--cluster <kind>", "of each seed")
        .choices([...CLUSTER_KINDS])
        .default("simulator"),
    )
    .exitOverride((error) => process.exit(error.exitCode === 0 ? 0 : 2))
    .parse()
    .opts<Options>();
  const failed = await runSeeds(options);
  console.log(
    failed.length === 0
      ? `${options.seeds} seeds, all agree`
      : `${options.seeds} seeds, ${failed.length} with problems: ${failed.join(", ")}`,
  );
  // All that was started has ended; a connection that is kept open for the next request is no reason to stay.
  process.exit(failed.length === 0 ? 0 : 1);
}

/** @returns the seeds with problems */
async function runSeeds(options: Options): Promise<readonly number[]> {
  const { seeds, first } = options;
  const stage = await ChaosStage.start();
  const failed: number[] = [];
  try {
    for (let seed = first; seed < first + seeds; seed += 1) {
      const outcome = await ChaosRun.of(stage, { ...options, seed });
      console.log(outcomeLine(outcome));
      if (outcome.problems.length === 0) continue;
      failed.push(seed);
      console.log(problemText(outcome, options));
    }
  } finally {
    await stage.stop();
  }
  return failed;
}

function whole(text: string): number {
  if (/^\d{1,9}$/.test(text)) return Number(text);
  throw new InvalidArgumentError("Give a whole number.");
}

// An interrupted run leaves nothing behind: what it started ends with it.
for (const signal of ["SIGINT", "SIGTERM"] as const)
  process.once(signal, () => process.exit(130));

main().catch((error: unknown) => {
  console.error(error);
  process.exitCode = 1;
});
