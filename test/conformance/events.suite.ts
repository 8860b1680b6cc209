import { LIMITS } from "@vworkspace/contract";
import { newId } from "@vworkspace/kernel";
import { AgentSession, jsonOf } from "./agent-session";
import { expectNoContent, expectRefusal } from "./expectations";
import { issueApplyJob, issueDeleteJob, newObject } from "./suite-jobs";
import type { ConformanceTarget, SuiteObject } from "./target";

const PREFER = "return=representation";

const anHourAgo = Date.now() - 3_600_000;

/** A condition's event; `minute` makes its timestamp. */
function transition(eventKey: string, minute = 0): Record<string, unknown> {
  const timestamp = new Date(anHourAgo + minute * 60_000);
  return {
    eventKey,
    kind: "ConditionTransition",
    resourceRef: {
      apiVersion: "apps.vworkspace.io/v1alpha1",
      kind: "ApplicationInstance",
      namespace: "suite",
      name: "app",
      uid: "6f1f1c5e-0000-4000-8000-000000000000",
      generation: 1,
    },
    conditions: [
      {
        type: "Ready",
        status: "False",
        reason: "Installing",
        message: "",
        lastTransitionTime: timestamp.toISOString(),
      },
    ],
    timestamp: timestamp.toISOString(),
  };
}

const newKey = () =>
  `condition/apps.vworkspace.io/v1alpha1/ApplicationInstance/suite/app/${newId()}/Ready/False@1`;

export function describeEvents(target: () => ConformanceTarget): void {
  let agent: AgentSession;
  beforeAll(async () => {
    agent = await AgentSession.register(target());
  });

  /** What the gateway says that it did with a batch. */
  async function told(events: readonly unknown[], session = agent) {
    const reply = await session.events(events, PREFER);
    expect(reply.status).toBe(200);
    return jsonOf(reply);
  }

  it("EVT-1 a batch gets 204, and again when it is sent again", async () => {
    const batch = [transition(newKey()), transition(newKey())];
    expectNoContent(await agent.events(batch));
    expectNoContent(await agent.events(batch));
  });

  it("EVT-2 with Prefer: return=representation the answer counts what was done", async () => {
    const answer = await told([transition(newKey()), transition(newKey())]);
    expect(answer).toEqual({ accepted: 2, duplicates: 0, rejected: [] });
  });

  it("EVT-3 the same key and timestamp is a repeat, in another batch and in the same", async () => {
    const event = transition(newKey());
    const once = { accepted: 1, duplicates: 0, rejected: [] };
    expect(await told([event])).toEqual(once);
    expect(await told([event])).toMatchObject({ accepted: 0, duplicates: 1 });
    const twin = transition(newKey());
    expect(await told([twin, twin])).toMatchObject({
      accepted: 1,
      duplicates: 1,
    });
  });

  it("EVT-4 the same key with another timestamp is a new occurrence", async () => {
    const key = newKey();
    await told([transition(key, 0)]);
    const flaps = [transition(key, 1), transition(key, 2), transition(key, 0)];
    expect(await told(flaps)).toMatchObject({ accepted: 2, duplicates: 1 });
  });

  it("EVT-5 another cluster's event with the same key and timestamp is no repeat", async () => {
    const other = await AgentSession.register(target());
    const event = transition(newKey());
    expect(await told([event])).toMatchObject({ accepted: 1 });
    expect(await told([event], other)).toMatchObject({ accepted: 1 });
  });

  it("EVT-6 an event without a key is never a repeat", async () => {
    const { eventKey: _, ...event } = transition("none");
    expect(await told([event, event])).toMatchObject({ accepted: 2 });
    expect(await told([event])).toMatchObject({ accepted: 1, duplicates: 0 });
  });

  it("EVT-7 an unknown kind is stored, so that its repeat is known", async () => {
    const event = { ...transition(newKey()), kind: "SomethingOfTomorrow" };
    expect(await told([event])).toMatchObject({ accepted: 1, rejected: [] });
    expect(await told([event])).toMatchObject({ duplicates: 1 });
  });

  it("EVT-8 bad events do not lose the good ones beside them", async () => {
    const good = [transition(newKey()), transition(newKey())];
    const bad = [{ kind: 5 }, "nonsense", null, { ...good[0], timestamp: "x" }];
    const batch = [good[0], ...bad, good[1]];
    expectNoContent(await agent.events(batch));
    const answer = await told(batch);
    expect(answer).toMatchObject({ accepted: 0, duplicates: 2 });
    const { rejected } = answer as { rejected: unknown[] };
    expect(rejected).toEqual(
      [1, 2, 3, 4].map((index) => ({
        index,
        reason: expect.any(String) as string,
      })),
    );
  });

  it("EVT-8 a batch of bad events alone gets 204", async () => {
    expectNoContent(await agent.events([{}, 1]));
  });

  it.each([
    [{ events: [] }],
    [{}],
    [{ events: {} }],
    [{ events: "none" }],
    [[]],
    [null],
    ["events"],
  ])("EVT-9 the body %j is no batch and gets 400", async (body) => {
    expectRefusal(await agent.post("/events", body), 400);
  });

  it("EVT-10 more than 1,000 events get 400, and none is stored", async () => {
    const stored = transition(newKey());
    const fillers = Array.from({ length: LIMITS.eventsPerBatch }, () => ({}));
    expectRefusal(await agent.events([stored, ...fillers]), 400);
    expect(await told([stored])).toMatchObject({ accepted: 1 });
  });

  it("EVT-11 a batch of 1,000 events is taken", async () => {
    const batch = Array.from({ length: LIMITS.eventsPerBatch }, () =>
      transition(newKey()),
    );
    expect(await told(batch)).toMatchObject({ accepted: 1000, rejected: [] });
  });

  describe("snapshot", () => {
    let observer: AgentSession;
    let object: SuiteObject;
    beforeEach(async () => {
      observer = await AgentSession.register(target());
      object = newObject();
    });

    const page = (items: unknown, facts: object = {}) => ({
      kind: "ClusterSnapshot",
      resourceRef: {},
      timestamp: new Date().toISOString(),
      snapshot: { id: newId(), page: 0, last: true, items, ...facts },
    });

    const item = (which: SuiteObject, intentGeneration: number) => ({
      resourceRef: {
        apiVersion: "apps.vworkspace.io/v1alpha1",
        kind: "ApplicationInstance",
        ...which,
      },
      uid: newId(),
      intentGeneration,
      conditions: [],
    });

    /** Applies the object and settles the job, as if it were there. */
    async function settledApply(which = object): Promise<number> {
      const { clusterId } = observer;
      const issued = await issueApplyJob(target(), clusterId, which);
      expectNoContent(await observer.result(issued.jobId));
      return issued.generation;
    }

    async function expectOffered(kind: string, atLeast: number) {
      const jobs = await observer.jobs();
      expect(jobs.map((job) => job.kind)).toEqual([kind]);
      const generation = Number(jobs[0]?.idempotencyKey.split("@")[1]);
      expect(generation).toBeGreaterThanOrEqual(atLeast);
    }

    it("SNP-1 a page is taken, and a wrong one is kept aside", async () => {
      const good = page([item(object, 1)], { last: false });
      const answer = await told([good, page("all"), page([{}])], observer);
      expect(answer).toMatchObject({
        accepted: 1,
        rejected: [{ index: 1 }, { index: 2 }],
      });
    });

    it("SNP-2 what a snapshot does not list is issued again with its last page", async () => {
      const generation = await settledApply();
      const id = newId();
      await told([page([], { id, page: 0, last: false })], observer);
      expect(await observer.jobs()).toEqual([]);
      await told([page([], { id, page: 1, last: true })], observer);
      await expectOffered("apply", generation + 1);
    });

    it("SNP-2 what a snapshot lists with an older generation is issued again", async () => {
      const older = await settledApply();
      const newer = await settledApply();
      await told([page([item(object, older)])], observer);
      await expectOffered("apply", newer + 1);
    });

    it("SNP-3 what the pages of a snapshot list as it should be is left alone", async () => {
      const other = newObject();
      const first = item(object, await settledApply());
      const second = item(other, await settledApply(other));
      const id = newId();
      const pages = [
        page([first], { id, page: 0, last: false }),
        page([second], { id, page: 1, last: true }),
      ];
      for (const each of pages) await told([each], observer);
      expect(await observer.jobs()).toEqual([]);
    });

    it("SNP-4 what was deleted and is listed is deleted again", async () => {
      const generation = await settledApply();
      const { jobId } = await issueDeleteJob(
        target(),
        observer.clusterId,
        object,
      );
      expectNoContent(await observer.result(jobId));
      await told([page([item(object, generation)])], observer);
      await expectOffered("delete", generation + 2);
    });

    it("SNP-5 a generation that is higher than the gateway's raises its counter", async () => {
      const generation = await settledApply();
      await told([page([item(object, generation + 1000)])], observer);
      await expectOffered("apply", generation + 1001);
    });
  });
}
