import { canonicalJson } from "@vworkspace/contract";
import type { ApplicationPlan, Order } from "./application-plan";
import type {
  GatewayLedger,
  LedgerInstance,
  LedgerJob,
} from "./gateway-ledger";
import { ledgerProblems } from "./ledger-problems";

const NAMESPACE = "shop";

function order(doing: Order["do"], round: number): Order {
  const values = { replicaCount: 1, round };
  const wish = { version: "1.2.0", values, suspended: false };
  return { do: doing, wish, pauseMs: 0 };
}

function instance(
  name: string,
  number: number,
  more: Partial<LedgerInstance> = {},
): LedgerInstance {
  return {
    id: `i-${name}-${number}`,
    number,
    namespace: NAMESPACE,
    name,
    state: "ready",
    generation: 1,
    version: "1.2.0",
    values: '{"replicaCount":1,"round":0}',
    suspended: false,
    ...more,
  };
}

function job(name: string, generation: number, kind = "apply"): LedgerJob {
  return {
    id: `j-${name}-${generation}`,
    kind,
    namespace: NAMESPACE,
    name,
    generation,
    idempotencyKey: `applicationinstance/${NAMESPACE}/${name}@${generation}`,
    state: "succeeded",
    attempt: 1,
  };
}

function object(name: string, generation: number) {
  const namespace = NAMESPACE;
  const observedGeneration = generation;
  return {
    namespace,
    name,
    generation,
    observedGeneration,
    isUnfinished: false,
  };
}

function leaf(action: string, id: string, state?: string): string {
  const detail = state === undefined ? {} : { state };
  return canonicalJson({ action, subject: { type: "any", id }, detail });
}

const web: ApplicationPlan = {
  namespace: NAMESPACE,
  name: "web",
  orders: [order("create", 0), order("write", 1)],
};
/** Deleted and created again while the delete was under way; the create waited, and the write took its turn. */
const wiki: ApplicationPlan = {
  namespace: NAMESPACE,
  name: "wiki",
  orders: [
    order("create", 0),
    order("delete", 0),
    order("create", 2),
    order("write", 3),
  ],
};
const callers = {
  plans: [web, wiki],
  answers: new Map<string, unknown>([
    ["web-0", 1],
    ["web-1", true],
    ["wiki-0", 2],
    ["wiki-1", true],
    ["wiki-2", 3],
    ["wiki-3", true],
  ]),
};

const webNow = instance("web", 1, {
  generation: 3,
  values: '{"replicaCount":1,"round":1}',
});
const oldWiki = instance("wiki", 2, { generation: 2, state: "deleted" });
const newWiki = instance("wiki", 3, {
  generation: 4,
  values: '{"replicaCount":1,"round":3}',
});

const whole: GatewayLedger = {
  instances: [webNow, oldWiki, newWiki],
  objects: [object("web", 3), object("wiki", 4)],
  openJobs: [],
  settledJobs: [
    job("web", 1),
    job("web", 2),
    job("web", 3),
    job("wiki", 1),
    job("wiki", 2, "delete"),
    job("wiki", 4),
  ],
  answers: [
    { requestId: "web-0", answer: 1 },
    { requestId: "web-1", answer: true },
    { requestId: "wiki-0", answer: 2 },
    { requestId: "wiki-1", answer: null },
    { requestId: "wiki-2", answer: 3 },
    { requestId: "wiki-3", answer: true },
  ],
  leaves: [
    leaf("instance.create", webNow.id, "deploying"),
    leaf("instance.write", webNow.id, "deploying"),
    leaf("delivery.reissue", "shop/web"),
    leaf("instance.state", webNow.id, "ready"),
    leaf("instance.create", oldWiki.id, "deploying"),
    leaf("instance.delete", oldWiki.id, "deleting"),
    leaf("instance.create", newWiki.id, "deploying"),
    leaf("instance.write", newWiki.id, "deploying"),
    leaf("instance.deleted", oldWiki.id, "deleted"),
    leaf("instance.state", newWiki.id, "ready"),
    ...["web-1", "web-2", "web-3", "wiki-1", "wiki-2", "wiki-4"].map((id) =>
      leaf("job.settle", `j-${id}`),
    ),
  ],
};

const without = (action: string) =>
  whole.leaves.toSpliced(
    whole.leaves.findIndex((text) => text.includes(`"${action}"`)),
    1,
  );

describe("ledgerProblems", () => {
  it("finds nothing wrong with a whole ledger", () => {
    expect(ledgerProblems(whole, callers)).toEqual([]);
  });

  it.each<[string, Partial<GatewayLedger>, RegExp]>([
    [
      "an acknowledged instance that is gone",
      { instances: [oldWiki, newWiki] },
      /acknowledged instance 1 is lost/,
    ],
    [
      "an order that nobody remembers",
      { answers: whole.answers.slice(1) },
      /web-0 was answered, and nothing is kept of it/,
    ],
    [
      "another answer than was given",
      {
        answers: [{ requestId: "web-0", answer: 9 }, ...whole.answers.slice(1)],
      },
      /web-0 was answered 1 and is kept as 9/,
    ],
    [
      "two instances of one place",
      { instances: [webNow, newWiki, { ...oldWiki, state: "deleting" }] },
      /shop\/wiki is there twice/,
    ],
    [
      "an instance that isn't ready",
      { instances: [{ ...webNow, state: "deploying" }, oldWiki, newWiki] },
      /shop\/web is deploying, not ready/,
    ],
    [
      "an order that was lost",
      { instances: [{ ...webNow, values: "{}" }, oldWiki, newWiki] },
      /shop\/web is kept as .* the last order that was answered says/,
    ],
    [
      "an open job",
      { openJobs: [{ ...job("web", 4), state: "acked" }] },
      /web@4 is still acked/,
    ],
    [
      "something that is still to be issued",
      {
        objects: [
          { ...object("web", 3), isUnfinished: true },
          object("wiki", 4),
        ],
      },
      /shop\/web is to be issued again/,
    ],
    [
      "a lost job",
      { settledJobs: whole.settledJobs.filter(({ id }) => id !== "j-web-2") },
      /shop\/web has generation 3, and no settled job of 2/,
    ],
    [
      "a job of the newest generation that was lost behind a delete",
      { settledJobs: whole.settledJobs.filter(({ id }) => id !== "j-wiki-4") },
      /shop\/wiki has generation 4, and no settled job of 4/,
    ],
    [
      "a job that was settled twice",
      { settledJobs: [...whole.settledJobs, { ...job("web", 1), id: "j-2" }] },
      /web@1 is the key of two jobs/,
    ],
    [
      "a job of nothing",
      { settledJobs: [...whole.settledJobs, job("x", 1)] },
      /x@1 is of no object/,
    ],
    [
      "a create without evidence",
      { leaves: without("instance.create") },
      /instance\.create of i-web-1 is in the log 0 times/,
    ],
    [
      "evidence of a create that isn't there",
      { leaves: [leaf("instance.create", "i-x"), ...whole.leaves] },
      /instance\.create of i-x is in the log, and nothing else/,
    ],
    [
      "a write without evidence",
      { leaves: without("instance.write") },
      /2 orders to write, and 1 of instance\.write in the log/,
    ],
    [
      "a settlement without evidence",
      { leaves: without("job.settle") },
      /job\.settle of j-web-1 is in the log 0 times/,
    ],
    [
      "a re-issue without evidence",
      { leaves: without("delivery.reissue") },
      /shop\/web has generation 3, by 2 orders and 0 re-issues/,
    ],
    [
      "a stamp from nowhere",
      {
        leaves: [
          ...whole.leaves,
          leaf("delivery.restore_detected", "shop/web"),
        ],
      },
      /shop\/web was seen at a generation that was never issued/,
    ],
    [
      "a change of state without evidence",
      { leaves: without("instance.state") },
      /shop\/web is ready; the log says deploying, deploying\./,
    ],
    [
      "a change of state that is none",
      { leaves: [...whole.leaves, leaf("instance.state", webNow.id, "ready")] },
      /the log says deploying, deploying, ready, ready/,
    ],
    [
      "a leaf that nobody can hash again",
      { leaves: [...whole.leaves, '{"b":1, "a":2}'] },
      /no canonical JSON/,
    ],
    [
      "a leaf that is no JSON",
      { leaves: [...whole.leaves, "{"] },
      /can't be read/,
    ],
  ])("tells of %s", (_, change, sentence) => {
    const problems = ledgerProblems({ ...whole, ...change }, callers);
    expect(problems).toContainEqual(expect.stringMatching(sentence));
  });
});
