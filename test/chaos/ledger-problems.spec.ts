import { canonicalJson } from "@vworkspace/contract";
import type {
  GatewayLedger,
  LedgerInstance,
  LedgerJob,
} from "./gateway-ledger";
import { ledgerProblems } from "./ledger-problems";

const web: LedgerInstance = {
  id: "i-web",
  number: 1,
  namespace: "shop",
  name: "web",
  state: "ready",
  generation: 2,
};
const wiki = { ...web, id: "i-wiki", number: 2, name: "wiki", generation: 1 };

function job(of: LedgerInstance, generation: number): LedgerJob {
  const { namespace, name } = of;
  return {
    id: `j-${name}-${generation}`,
    namespace,
    name,
    generation,
    idempotencyKey: `applicationinstance/${namespace}/${name}@${generation}`,
    state: "succeeded",
  };
}

function leaf(action: string, id: string, state?: string): string {
  const detail = state === undefined ? {} : { state };
  return canonicalJson({ action, subject: { type: "any", id }, detail });
}

const whole: GatewayLedger = {
  instances: [web, wiki],
  openJobs: [],
  settledJobs: [job(web, 1), job(web, 2), job(wiki, 1)],
  answers: [
    { requestId: "one", answer: 1 },
    { requestId: "two", answer: 2 },
  ],
  leaves: [
    leaf("instance.create", "i-web", "deploying"),
    leaf("instance.create", "i-wiki", "deploying"),
    leaf("job.settle", "j-web-1"),
    leaf("delivery.reissue", "shop/web"),
    leaf("job.settle", "j-web-2"),
    leaf("job.settle", "j-wiki-1"),
    leaf("instance.state", "i-web", "ready"),
    leaf("instance.state", "i-wiki", "ready"),
  ],
};

const told = new Map([
  ["one", 1],
  ["two", 2],
]);

const without = (index: number) => whole.leaves.filter((_, at) => at !== index);

describe("ledgerProblems", () => {
  it("finds nothing wrong with a whole ledger", () => {
    expect(ledgerProblems(whole, told, 2)).toEqual([]);
  });

  it.each<[string, Partial<GatewayLedger>, RegExp]>([
    [
      "an acknowledged instance that is gone",
      { instances: [web] },
      /acknowledged instance 2 is lost/,
    ],
    [
      "two instances of one place",
      { instances: [web, wiki, { ...wiki, id: "i-again", number: 3 }] },
      /shop\/wiki is there twice/,
    ],
    [
      "an instance that isn't ready",
      { instances: [{ ...web, state: "deploying" }, wiki] },
      /shop\/web is deploying, not ready/,
    ],
    [
      "an open job",
      { openJobs: [{ ...job(web, 3), state: "acked" }] },
      /web@3 is still acked/,
    ],
    [
      "a lost job",
      { settledJobs: [job(web, 1), job(wiki, 1)] },
      /generation 2, and settled jobs of 1\./,
    ],
    [
      "a job that was settled twice",
      { settledJobs: [...whole.settledJobs, { ...job(wiki, 1), id: "j-2" }] },
      /wiki@1 is the key of two jobs/,
    ],
    [
      "a job of nothing",
      { settledJobs: [...whole.settledJobs, job({ ...wiki, name: "x" }, 1)] },
      /x@1 is of no instance/,
    ],
    [
      "a create without evidence",
      { leaves: without(0) },
      /instance\.create of i-web is in the log 0 times/,
    ],
    [
      "a create told twice",
      { leaves: [leaf("instance.create", "i-web"), ...whole.leaves] },
      /instance\.create of i-web is in the log 2 times/,
    ],
    [
      "evidence of a create that isn't there",
      { leaves: [leaf("instance.create", "i-x"), ...whole.leaves] },
      /instance\.create of i-x is in the log, and nothing else/,
    ],
    [
      "a settlement without evidence",
      { leaves: without(2) },
      /job\.settle of j-web-1 is in the log 0 times/,
    ],
    [
      "a re-issue without evidence",
      { leaves: without(3) },
      /Not every re-issue of shop\/web/,
    ],
    [
      "a change of state without evidence",
      { leaves: without(6) },
      /shop\/web is ready; the log says deploying\./,
    ],
    [
      "a change of state that is none",
      { leaves: [...whole.leaves, leaf("instance.state", "i-web", "ready")] },
      /the log says deploying, ready, ready/,
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
    const problems = ledgerProblems({ ...whole, ...change }, told, 2);
    expect(problems).toContainEqual(expect.stringMatching(sentence));
  });

  it("tells of two callers that were given one id", () => {
    const both = new Map([...told, ["two", 1]]);
    expect(ledgerProblems(whole, both, 2)).toEqual([
      "Of 2 creates 1 got an id.",
      "two was answered 1 and is kept as 2.",
    ]);
  });
});
