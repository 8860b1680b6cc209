import { AuditTrail } from "./audit-trail";
import type {
  GatewayLedger,
  LedgerAnswer,
  LedgerInstance,
  LedgerJob,
} from "./gateway-ledger";
import { groupBy } from "./group-by";

/**
 * What is wrong with a ledger after all is quiet, one sentence each; empty when every create, delivery and change of
 * state is there once, with its evidence.
 * @param acknowledged ids that callers were given, by their request ids
 * @param wanted how many applications were asked for
 */
export function ledgerProblems(
  ledger: GatewayLedger,
  acknowledged: ReadonlyMap<string, number>,
  wanted: number,
): readonly string[] {
  const trail = new AuditTrail(ledger.leaves);
  return [
    ...instanceProblems(ledger.instances, [...acknowledged.values()], wanted),
    ...answerProblems(ledger.answers, acknowledged),
    ...jobProblems(ledger),
    ...trail.problems,
    ...evidenceProblems(ledger, trail),
    ...ledger.instances.flatMap((instance) => stateProblems(instance, trail)),
  ];
}

function instanceProblems(
  instances: readonly LedgerInstance[],
  acknowledged: readonly number[],
  wanted: number,
): string[] {
  const known = new Set(instances.map(({ number }) => number));
  const lost = acknowledged.filter((id) => !known.has(id));
  const unready = instances.filter(({ state }) => state !== "ready");
  return [
    ...lost.map((id) => `The acknowledged instance ${id} is lost.`),
    ...(new Set(acknowledged).size === wanted
      ? []
      : [`Of ${wanted} creates ${new Set(acknowledged).size} got an id.`]),
    ...(instances.length === wanted
      ? []
      : [`There are ${instances.length} instances, not ${wanted}.`]),
    ...twice(instances.map(placeOf)).map((place) => `${place} is there twice.`),
    ...unready.map((one) => `${placeOf(one)} is ${one.state}, not ready.`),
  ];
}

/** Whoever asks again is told what was told the first time. */
function answerProblems(
  answers: readonly LedgerAnswer[],
  acknowledged: ReadonlyMap<string, number>,
): string[] {
  const kept = new Map(answers.map((one) => [one.requestId, one.answer]));
  return [...acknowledged]
    .filter(([requestId, id]) => kept.get(requestId) !== id)
    .map(
      ([requestId, id]) =>
        `${requestId} was answered ${id} and is kept as ${String(kept.get(requestId))}.`,
    );
}

/** Every generation that was ever issued had one job, and that job is settled. */
function jobProblems(ledger: GatewayLedger): string[] {
  const { instances, openJobs, settledJobs } = ledger;
  const keys = [...openJobs, ...settledJobs].map((job) => job.idempotencyKey);
  const settled = groupBy(settledJobs, placeOf);
  const incomplete = instances.filter((instance) => {
    const seen = generationsOf(settled.get(placeOf(instance)) ?? []);
    const issued = Array.from(
      { length: instance.generation },
      (_, index) => index + 1,
    );
    return seen.join() !== issued.join();
  });
  const places = new Set(instances.map(placeOf));
  const foreign = settledJobs.filter((job) => !places.has(placeOf(job)));
  return [
    ...openJobs.map((job) => `${job.idempotencyKey} is still ${job.state}.`),
    ...twice(keys).map((key) => `${key} is the key of two jobs.`),
    ...foreign.map((job) => `${job.idempotencyKey} is of no instance.`),
    ...incomplete.map(
      (one) =>
        `${placeOf(one)} has generation ${one.generation}, and settled jobs of ${generationsOf(settled.get(placeOf(one)) ?? []).join(", ") || "none"}.`,
    ),
  ];
}

function evidenceProblems(ledger: GatewayLedger, trail: AuditTrail): string[] {
  const { instances, settledJobs } = ledger;
  const reissued = instances.filter(({ generation }) => generation > 1);
  const reissues = trail.bySubject("delivery.reissue");
  return [
    ...notOnce(trail, "instance.create", instances),
    ...notOnce(trail, "job.settle", settledJobs),
    ...reissued
      .filter(
        (one) => reissues.get(placeOf(one))?.length !== one.generation - 1,
      )
      .map((one) => `Not every re-issue of ${placeOf(one)} is in the log.`),
  ];
}

/** Each of these is the subject of exactly one leaf of that action, and nothing else is. */
function notOnce(
  trail: AuditTrail,
  action: string,
  subjects: readonly { readonly id: string }[],
): string[] {
  const leaves = trail.bySubject(action);
  const ids = new Set(subjects.map(({ id }) => id));
  const count = (id: string) => leaves.get(id)?.length ?? 0;
  return [
    ...[...ids]
      .filter((id) => count(id) !== 1)
      .map((id) => `${action} of ${id} is in the log ${count(id)} times.`),
    ...[...leaves.keys()]
      .filter((id) => !ids.has(id))
      .map((id) => `${action} of ${id} is in the log, and nothing else.`),
  ];
}

/** From the create on each leaf tells another state than the one before, and the last one the state that it has. */
function stateProblems(instance: LedgerInstance, trail: AuditTrail): string[] {
  const told = trail.leaves
    .filter(({ subject }) => subject.id === instance.id)
    .map(({ detail }) => String(detail["state"]));
  const isBroken = told.some((state, at) => at > 0 && state === told[at - 1]);
  const isPast = told.at(-1) !== instance.state;
  return isBroken || isPast
    ? [
        `${placeOf(instance)} is ${instance.state}; the log says ${told.join(", ")}.`,
      ]
    : [];
}

function placeOf(one: LedgerInstance | LedgerJob): string {
  return `${one.namespace}/${one.name}`;
}

function generationsOf(jobs: readonly LedgerJob[]): number[] {
  return jobs.map(({ generation }) => generation).toSorted((a, b) => a - b);
}

function twice(texts: readonly string[]): string[] {
  const counts = groupBy(texts, (text) => text);
  return [...counts].filter(([, of]) => of.length > 1).map(([text]) => text);
}
