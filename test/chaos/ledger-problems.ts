import { type ApplicationPlan, wishAfter } from "./application-plan";
import { AuditTrail } from "./audit-trail";
import type {
  GatewayLedger,
  LedgerInstance,
  LedgerJob,
} from "./gateway-ledger";
import { groupBy } from "./group-by";
import { placeOf } from "./place";

/** What callers planned, and what they were told of each order. */
export interface CallersSide {
  readonly plans: readonly ApplicationPlan[];
  readonly answers: ReadonlyMap<string, unknown>;
}

/**
 * What is wrong with a ledger after all is quiet, one sentence each; empty when everything that callers were told is true,
 * every delivery is there once, and each change has its evidence.
 */
export function ledgerProblems(
  ledger: GatewayLedger,
  callers: CallersSide,
): readonly string[] {
  const trail = new AuditTrail(ledger.leaves);
  return [
    ...answerProblems(ledger, callers),
    ...twice(ledger.instances.filter(isLive).map(placeOf)).map(
      (place) => `${place} is there twice.`,
    ),
    ...callers.plans.flatMap((plan) => placeProblems(plan, ledger)),
    ...jobProblems(ledger),
    ...callers.plans.flatMap((plan) => generationProblems(plan, ledger, trail)),
    ...trail.problems,
    ...evidenceProblems(ledger, callers, trail),
    ...ledger.instances.flatMap((instance) => stateProblems(instance, trail)),
  ];
}

/** Whoever asks again is told what was told the first time; and ids that were given are there. */
function answerProblems(ledger: GatewayLedger, callers: CallersSide): string[] {
  const kept = new Map(
    ledger.answers.map((one) => [one.requestId, one.answer]),
  );
  const known = new Set(ledger.instances.map(({ number }) => number));
  const given = [...callers.answers.values()].filter(isNumber);
  return [
    ...[...callers.answers.keys()]
      .filter((id) => !kept.has(id))
      .map((id) => `${id} was answered, and nothing is kept of it.`),
    ...[...callers.answers]
      .filter(([id, answer]) => isNumber(answer) && kept.get(id) !== answer)
      .map(
        ([id, answer]) =>
          `${id} was answered ${String(answer)} and is kept as ${String(kept.get(id))}.`,
      ),
    ...given
      .filter((id) => !known.has(id))
      .map((id) => `The acknowledged instance ${id} is lost.`),
    ...(new Set(given).size === ledger.instances.length
      ? []
      : [
          `Callers were given ${new Set(given).size} ids, and there are ${ledger.instances.length} instances.`,
        ]),
  ];
}

/** What stands at a place is what its last order asked for; what was there before is deleted. */
function placeProblems(plan: ApplicationPlan, ledger: GatewayLedger): string[] {
  const place = placeOf(plan);
  const here = ledger.instances.filter((one) => placeOf(one) === place);
  const live = here.filter(isLive);
  const creates = plan.orders.filter((order) => order.do === "create").length;
  const wish = wishAfter(plan.orders);
  const [instance] = live;
  if (live.length !== (wish === undefined ? 0 : 1) || here.length !== creates)
    return [
      `${place} was created ${creates} times and is ${wish ? "" : "not "}wanted; it has ${here.length} instances: ${here.map(({ state }) => state).join(", ")}.`,
    ];
  if (wish === undefined || instance === undefined) return [];
  const wanted = [wish.version, JSON.stringify(wish.values), wish.suspended];
  const { version, values, suspended, state } = instance;
  const settled = wish.suspended ? "suspended" : "ready";
  return [
    ...([version, values, suspended].join() === wanted.join()
      ? []
      : [
          `${place} is kept as ${[version, values, suspended].join()}; the last order that was answered says ${wanted.join()}.`,
        ]),
    ...(state === settled ? [] : [`${place} is ${state}, not ${settled}.`]),
  ];
}

function jobProblems(ledger: GatewayLedger): string[] {
  const { objects, openJobs, settledJobs } = ledger;
  const keys = [...openJobs, ...settledJobs].map((job) => job.idempotencyKey);
  const places = new Set(objects.map(placeOf));
  return [
    ...openJobs.map((job) => `${job.idempotencyKey} is still ${job.state}.`),
    ...twice(keys).map((key) => `${key} is the key of two jobs.`),
    ...settledJobs
      .filter((job) => !places.has(placeOf(job)))
      .map((job) => `${job.idempotencyKey} is of no object.`),
    ...objects
      .filter(({ isUnfinished }) => isUnfinished)
      .map((one) => `${placeOf(one)} is to be issued again.`),
  ];
}

/**
 * Every order took one generation and every re-issue one more, and each generation has one settled job. Only what came
 * while a delete was open may have none: it waited, and something newer took its turn.
 */
function generationProblems(
  plan: ApplicationPlan,
  ledger: GatewayLedger,
  trail: AuditTrail,
): string[] {
  const place = placeOf(plan);
  const object = ledger.objects.find((one) => placeOf(one) === place);
  if (object === undefined) return [`${place} was never issued.`];
  const { generation } = object;
  const reissues = trail.bySubject("delivery.reissue").get(place) ?? [];
  const issued = plan.orders.length + reissues.length;
  const jobs = ledger.settledJobs.filter((job) => placeOf(job) === place);
  const missing = missingGenerations(jobs, generation);
  return [
    ...(issued === generation
      ? []
      : [
          `${place} has generation ${generation}, by ${plan.orders.length} orders and ${reissues.length} re-issues.`,
        ]),
    ...(missing.length === 0
      ? []
      : [
          `${place} has generation ${generation}, and no settled job of ${missing.join(", ")}.`,
        ]),
    ...(trail.bySubject("delivery.restore_detected").has(place)
      ? [`${place} was seen at a generation that was never issued.`]
      : []),
  ];
}

/** Generations that have no settled job and should. */
function missingGenerations(
  jobs: readonly LedgerJob[],
  newest: number,
): number[] {
  const kinds = new Map(jobs.map((job) => [job.generation, job.kind]));
  const missing: number[] = [];
  let isWaiting = false;
  for (let generation = 1; generation <= newest; generation += 1) {
    const kind = kinds.get(generation);
    if (kind !== undefined) isWaiting = kind === "delete";
    else if (!isWaiting || generation === newest) missing.push(generation);
  }
  return missing;
}

const EVIDENCE = {
  create: "instance.create",
  write: "instance.write",
  suspend: "instance.suspend",
  resume: "instance.resume",
  delete: "instance.delete",
} as const;

function evidenceProblems(
  ledger: GatewayLedger,
  { plans }: CallersSide,
  trail: AuditTrail,
): string[] {
  const { instances, settledJobs } = ledger;
  const orders = plans.flatMap((plan) => plan.orders);
  const deleted = instances.filter(({ state }) => state === "deleted");
  return [
    ...notOnce(trail, "instance.create", instances),
    ...notOnce(trail, "instance.deleted", deleted),
    ...notOnce(trail, "job.settle", settledJobs),
    ...Object.entries(EVIDENCE).flatMap(([doing, action]) => {
      const given = orders.filter((order) => order.do === doing).length;
      const told = trail.leaves.filter((leaf) => leaf.action === action).length;
      return given === told
        ? []
        : [`${given} orders to ${doing}, and ${told} of ${action} in the log.`];
    }),
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

/** A leaf about a change of state tells another one than the leaf before, and the last leaf the state that it has. */
function stateProblems(instance: LedgerInstance, trail: AuditTrail): string[] {
  const told = trail.leaves
    .filter(({ subject }) => subject.id === instance.id)
    .map(({ action, detail }) => ({ action, state: String(detail["state"]) }));
  const isBroken = told.some(
    ({ action, state }, at) =>
      action === "instance.state" && state === told[at - 1]?.state,
  );
  const isPast = told.at(-1)?.state !== instance.state;
  const states = told.map(({ state }) => state).join(", ");
  return isBroken || isPast
    ? [`${placeOf(instance)} is ${instance.state}; the log says ${states}.`]
    : [];
}

/** A create is answered with the new record's id; the answers of other orders say nothing. */
function isNumber(answer: unknown): answer is number {
  return typeof answer === "number";
}

function isLive({ state }: LedgerInstance): boolean {
  return state !== "deleted";
}

function twice(texts: readonly string[]): string[] {
  const counts = groupBy(texts, (text) => text);
  return [...counts].filter(([, of]) => of.length > 1).map(([text]) => text);
}
