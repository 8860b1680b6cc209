import { newId } from "@vworkspace/kernel";
import { AgentSession, now } from "./agent-session";
import { expectNoContent, expectRefusal, looksOf } from "./expectations";
import { issueApplyJob, issueDeleteJob, newObject } from "./suite-jobs";
import type { ConformanceTarget } from "./target";

const API_VERSION = "apps.vworkspace.io/v1alpha1";
const KIND = "ApplicationInstance";

/** Ids that never were: another UUID, no UUID at all, too long, or made to confuse a path. */
const unknownIds = () => [newId(), "nope", "0", "x".repeat(90), "..%2Fack"];

export function describeJobs(target: () => ConformanceTarget): void {
  let agent: AgentSession;
  beforeEach(async () => {
    agent = await AgentSession.register(target());
  });

  async function offered() {
    const object = newObject();
    const { jobId } = await issueApplyJob(target(), agent.clusterId, object);
    const job = (await agent.jobs()).find(({ id }) => id === jobId);
    if (job === undefined) throw new Error("The job was not offered.");
    return { object, job };
  }

  describe("job", () => {
    it("JOB-1 a job has id, kind, payload, key and times in UTC, and a first attempt", async () => {
      const { job } = await offered();
      expect(job.kind).toBe("apply");
      expect(job.createdAt).toMatch(/Z$/);
      expect(job.expiresAt).toMatch(/Z$/);
      expect(Date.parse(job.expiresAt)).toBeGreaterThan(
        Date.parse(job.createdAt),
      );
      expect([1, undefined]).toContain(job.attempt);
    });

    it("JOB-2 the payload of an apply is a whole manifest", async () => {
      const { object, job } = await offered();
      expect(job.payload).toMatchObject({
        apiVersion: API_VERSION,
        kind: KIND,
        metadata: object,
        spec: expect.any(Object) as object,
      });
    });

    it("JOB-3 the payload of a delete names the object", async () => {
      const { object, job } = await offered();
      await agent.result(job.id);
      await issueDeleteJob(target(), agent.clusterId, object);
      const [deletion] = await agent.jobs();
      expect(deletion?.kind).toBe("delete");
      expect(deletion?.payload).toMatchObject({
        apiVersion: API_VERSION,
        kind: KIND,
        ...object,
      });
    });

    it("JOB-4 the key of an apply and of a delete is kind/namespace/name@generation", async () => {
      const { object, job } = await offered();
      const stem = `applicationinstance/${object.namespace}/${object.name}`;
      expect(job.idempotencyKey).toMatch(new RegExp(`^${stem}@[1-9]\\d*$`));
      const { generation } = await issueDeleteJob(
        target(),
        agent.clusterId,
        object,
      );
      const [deletion] = await agent.jobs();
      expect(deletion?.idempotencyKey).toBe(`${stem}@${generation}`);
    });

    it("JOB-5 the key of an intent is intent/job id", async () => {
      const { jobId } = await target().issueRotate(agent.clusterId);
      const [job] = await agent.jobs();
      expect(job).toMatchObject({ id: jobId, kind: "intent" });
      expect(job?.payload["intent"]).toBe("rotate-operator-credentials");
      expect(job?.idempotencyKey).toBe(`rotate-operator-credentials/${jobId}`);
    });

    async function issuedKey(issued: Promise<{ jobId: string }>) {
      const { jobId } = await issued;
      const job = (await agent.jobs()).find(({ id }) => id === jobId);
      await agent.result(jobId);
      return Number(job?.idempotencyKey.split("@")[1]);
    }

    it("JOB-6 JOB-7 the generation rises with every job and never restarts", async () => {
      const object = newObject();
      const { clusterId } = agent;
      const seen = [
        await issuedKey(issueApplyJob(target(), clusterId, object)),
        await issuedKey(issueApplyJob(target(), clusterId, object)),
        await issuedKey(issueDeleteJob(target(), clusterId, object)),
        await issuedKey(issueApplyJob(target(), clusterId, object)),
        await issuedKey(issueDeleteJob(target(), clusterId, object)),
      ];
      const rising = [...new Set(seen)].sort((a, b) => a - b);
      expect(seen).toEqual(rising);
      expect(seen).toHaveLength(5);
    });
  });

  describe("ack", () => {
    it("ACK-1 ACK-2 an ack gets 204, and again while the job is open", async () => {
      const { job } = await offered();
      expectNoContent(await agent.ack(job.id));
      expectNoContent(await agent.ack(job.id));
      expectNoContent(await agent.status(job.id));
      expectNoContent(await agent.ack(job.id));
    });

    it("ACK-3 an ack of a closed job gets 409", async () => {
      const { job } = await offered();
      await agent.result(job.id);
      expectRefusal(await agent.ack(job.id), 409);
    });

    it("ACK-4 unknown jobs and another cluster's get 404 and look alike", async () => {
      const { job } = await offered();
      const stranger = await AgentSession.register(target());
      const foreign = await stranger.ack(job.id);
      expectRefusal(foreign, 404);
      for (const id of unknownIds()) {
        const unknown = await stranger.ack(id);
        expectRefusal(unknown, 404);
        expect(looksOf(unknown, id)).toEqual(looksOf(foreign, job.id));
      }
    });

    it("ACK-5 an acked job is not offered again", async () => {
      const { job } = await offered();
      expectNoContent(await agent.ack(job.id));
      expect(await agent.jobIds({ wait: 1 })).toEqual([]);
    });

    it("ACK-7 another cluster's ack changes nothing", async () => {
      const { job } = await offered();
      const stranger = await AgentSession.register(target());
      expectRefusal(await stranger.ack(job.id), 404);
      expect(await agent.jobIds()).toEqual([job.id]);
    });
  });

  describe("status", () => {
    it("STA-1 any number of statuses gets 204", async () => {
      const { job } = await offered();
      expectNoContent(await agent.ack(job.id));
      const conditions = [
        {
          type: "Ready",
          status: "False",
          reason: "Installing",
          message: "",
          lastTransitionTime: now(),
        },
      ];
      for (const body of [{}, { conditions }, { message: "half way" }])
        expectNoContent(await agent.status(job.id, body));
    });

    it("STA-3 a status of a closed job gets 409", async () => {
      const { job } = await offered();
      await agent.result(job.id);
      expectRefusal(await agent.status(job.id), 409);
    });

    it.each([
      ["no phase", { phase: undefined }],
      ["a phase that is no text", { phase: 5 }],
      ["no timestamp", { timestamp: undefined }],
      ["a timestamp that is none", { timestamp: "yesterday" }],
      ["conditions that are no list", { conditions: "Ready" }],
      [
        "a condition of no known status",
        { conditions: [{ type: "Ready", status: "Perhaps" }] },
      ],
    ])("STA-4 a status with %s gets 400", async (_, body) => {
      const { job } = await offered();
      expectRefusal(await agent.status(job.id, body), 400);
      expectNoContent(await agent.status(job.id));
    });

    it("STA-5 a status of an unknown job and of another cluster's gets the same 404", async () => {
      const { job } = await offered();
      const stranger = await AgentSession.register(target());
      const foreign = await stranger.status(job.id);
      expectRefusal(foreign, 404);
      for (const id of unknownIds())
        expect(looksOf(await stranger.status(id), id)).toEqual(
          looksOf(foreign, job.id),
        );
    });

    it("STA-6 a message that is too long is not refused", async () => {
      const { job } = await offered();
      const message = "x".repeat(100_000);
      expectNoContent(await agent.status(job.id, { message }));
    });
  });

  describe("result", () => {
    it.each([
      [{ outcome: "succeeded" }],
      [{ outcome: "noop" }],
      [{ outcome: "failed", error: "the chart is broken" }],
      [{ outcome: "conflict", error: "manager kubectl owns .spec" }],
    ])("RES-1 the first result gets 204: %j", async (body) => {
      const { job } = await offered();
      expectNoContent(await agent.ack(job.id));
      const appliedRef = {
        apiVersion: API_VERSION,
        kind: KIND,
        namespace: "suite",
        name: "app",
        uid: newId(),
        generation: 1,
        intentGeneration: 1,
      };
      expectNoContent(await agent.result(job.id, { ...body, appliedRef }));
      const facts = await target().jobFacts(agent.clusterId, job.id);
      expect(facts.outcome).toBe(body.outcome);
    });

    it("RES-2 a second result gets 409, and the first stands", async () => {
      const { job } = await offered();
      const failed = { outcome: "failed", error: "the first" };
      expectNoContent(await agent.result(job.id, failed));
      const later = { outcome: "succeeded" };
      expectRefusal(await agent.result(job.id, later), 409);
      expectRefusal(await agent.result(job.id, failed), 409);
      const facts = await target().jobFacts(agent.clusterId, job.id);
      expect(facts).toMatchObject(failed);
    });

    it("RES-3 of ten results at once exactly one is taken", async () => {
      const { job } = await offered();
      const replies = await Promise.all(
        Array.from({ length: 10 }, (_, index) =>
          agent.result(job.id, { outcome: "failed", error: `the ${index}th` }),
        ),
      );
      const taken = replies.findIndex(({ status }) => status === 204);
      const refused = replies.filter((_, index) => index !== taken);
      expect(taken).toBeGreaterThanOrEqual(0);
      for (const reply of refused) expectRefusal(reply, 409);
      const facts = await target().jobFacts(agent.clusterId, job.id);
      expect(facts.error).toBe(`the ${taken}th`);
    });

    it.each([
      [{ outcome: "done" }],
      [{ outcome: "SUCCEEDED" }],
      [{ outcome: "superseded" }],
      [{ outcome: null }],
      [{}],
    ])(
      "RES-4 the result %j gets 400, and the job stays open",
      async (wrong) => {
        const body = { outcome: undefined, ...wrong };
        const { job } = await offered();
        expectRefusal(await agent.result(job.id, body), 400);
        expectNoContent(await agent.result(job.id));
      },
    );

    it.each([
      [{ outcome: "failed" }],
      [{ outcome: "conflict" }],
      [{ outcome: "failed", error: "" }],
    ])("RES-5 the result %j lacks its error and gets 400", async (body) => {
      const { job } = await offered();
      expectRefusal(await agent.result(job.id, body), 400);
      expectNoContent(await agent.result(job.id));
    });

    it("RES-6 a result of an unknown job and of another cluster's gets the same 404", async () => {
      const { job } = await offered();
      const stranger = await AgentSession.register(target());
      const foreign = await stranger.result(job.id);
      expectRefusal(foreign, 404);
      for (const id of unknownIds())
        expect(looksOf(await stranger.result(id), id)).toEqual(
          looksOf(foreign, job.id),
        );
      expectNoContent(await agent.result(job.id));
    });

    it("RES-7 a settled job is not offered again", async () => {
      const { job } = await offered();
      expectNoContent(await agent.result(job.id));
      expect(await agent.jobIds()).toEqual([]);
      expect(await agent.jobIds({ resume: true })).toEqual([]);
    });
  });
}
