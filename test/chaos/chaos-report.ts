import type { ChaosOutcome, ChaosRunOptions } from "./chaos-run";
import type { Fault } from "./fault-plan";
import { groupBy } from "./group-by";

const SHOWN_PROBLEMS = 30;

/** One line for a seed. */
export function outcomeLine(outcome: ChaosOutcome): string {
  const { seed, seconds, faults, ledger, unanswered, problems } = outcome;
  const { lateCopies } = outcome;
  const { instances, objects, settledJobs } = ledger;
  const generations = sum(objects.map(({ generation }) => generation));
  const again = sum(settledJobs.map(({ attempt }) => Math.max(0, attempt - 1)));
  return [
    `seed ${seed}`,
    `${seconds.toFixed(1)} s`,
    `${instances.length} applications`,
    `${generations} generations`,
    `${settledJobs.length} jobs (${counts(settledJobs.map(({ state }) => state))})`,
    `${again} offered again`,
    `${unanswered} calls unanswered`,
    `${lateCopies} writes arrived again late`,
    counts(faults.map(faultName)),
    problems.length === 0 ? "agree" : `${problems.length} PROBLEMS`,
  ].join(" · ");
}

/** What went wrong with a seed, and how to have it again. */
export function problemText(
  outcome: ChaosOutcome,
  { applications, cluster }: Pick<ChaosRunOptions, "applications" | "cluster">,
): string {
  const { seed, problems, directory } = outcome;
  const shown = problems.slice(0, SHOWN_PROBLEMS);
  const rest = problems.length - shown.length;
  return [
    ...shown,
    ...(rest > 0 ? [`and ${rest} more`] : []),
    `Again: npm run chaos -- --first ${seed} --seeds 1 --applications ${applications} --cluster ${cluster}`,
    `Logs: ${directory}`,
  ].join("\n");
}

function faultName(fault: Fault): string {
  return "link" in fault
    ? `${fault.on} ${fault.link.kind}`
    : `kill ${fault.on}`;
}

function counts(names: readonly string[]): string {
  return [...groupBy(names, (name) => name)]
    .map(([name, of]) => (of.length === 1 ? name : `${of.length} ${name}`))
    .toSorted()
    .join(", ");
}

function sum(numbers: readonly number[]): number {
  return numbers.reduce((total, number) => total + number, 0);
}
