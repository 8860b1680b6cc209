import { LIMITS } from "@vworkspace/contract";
import { AgentSession, call, jobsIn } from "./agent-session";
import {
  eventually,
  expectNoContent,
  expectRefusal,
  pause,
} from "./expectations";
import type { Reply } from "./http-exchange";
import { issueApplyJob, newObject } from "./suite-jobs";
import type { ConformanceTarget } from "./target";

/** Long enough that a test that must wait for its end fails by its own time limit. */
const LONG_WAIT = 200;

export function describePolls(target: () => ConformanceTarget): void {
  let agent: AgentSession;
  beforeEach(async () => {
    agent = await AgentSession.register(target());
  });

  const issue = () => issueApplyJob(target(), agent.clusterId, newObject());

  it("POLL-1 a poll without cluster gets 400", async () => {
    for (const path of ["/jobs?wait=0", "/jobs?cluster=&wait=0"]) {
      const sent = { method: "GET", headers: agent.headers() } as const;
      expectRefusal(await call(target(), path, sent), 400);
    }
  });

  it("POLL-2 a poll for a cluster that is not the token's gets 403, whether it exists or not", async () => {
    const other = await AgentSession.register(target());
    for (const clusterId of [other.clusterId, "no-such-cluster"]) {
      const session = new AgentSession(target(), clusterId, agent.token);
      expectRefusal(await session.poll(), 403);
    }
  });

  it("POLL-3 wait=0 is answered at once with an empty list", async () => {
    const reply = await agent.poll({ wait: 0 });
    expect(reply.status).toBe(200);
    expect(JSON.parse(reply.text)).toEqual({ jobs: [] });
  });

  it.each(["soon", "-1", "1.5", "", "0x10", "1e1"])(
    "POLL-4 a wait of '%s' waits as if it were not given",
    async (wait) => {
      const waiting = agent.jobIds({ wait });
      const first = await Promise.race([waiting, pause(300)]);
      expect(first).toBeUndefined();
      const { jobId } = await issue();
      expect(await waiting).toEqual([jobId]);
    },
  );

  it.each([301, 100_000, "99999999999999999999"])(
    "POLL-5 a wait of %s is not refused and waits",
    async (wait) => {
      const waiting = agent.jobIds({ wait });
      const first = await Promise.race([waiting, pause(300)]);
      expect(first).toBeUndefined();
      const { jobId } = await issue();
      expect(await waiting).toEqual([jobId]);
    },
  );

  it("POLL-6 a wait that elapses is answered with an empty list", async () => {
    const reply = await agent.poll({ wait: 1 });
    expect(jobsIn(reply)).toEqual([]);
  });

  it("POLL-7 a job that arrives while a poll waits is delivered to it", async () => {
    const waiting = agent.jobIds({ wait: LONG_WAIT });
    await pause(200);
    const { jobId } = await issue();
    expect(await waiting).toEqual([jobId]);
  });

  it("POLL-8 jobs come oldest first", async () => {
    const issued: string[] = [];
    for (let count = 0; count < 5; count += 1)
      issued.push((await issue()).jobId);
    expect(await agent.jobIds()).toEqual(issued);
  });

  it("POLL-9 at most 50 jobs come in one answer, and the next brings the others", async () => {
    const issued: string[] = [];
    for (let count = 0; count < LIMITS.jobsPerPoll + 3; count += 1)
      issued.push((await issue()).jobId);
    const first = await agent.jobIds();
    expect(first).toEqual(issued.slice(0, LIMITS.jobsPerPoll));
    await Promise.all(first.map((id) => agent.ack(id)));
    expect(await agent.jobIds()).toEqual(issued.slice(LIMITS.jobsPerPoll));
  });

  it("POLL-10 a job comes with every poll until it is acked", async () => {
    const { jobId } = await issue();
    expect(await agent.jobIds()).toEqual([jobId]);
    expect(await agent.jobIds({ wait: LONG_WAIT })).toEqual([jobId]);
    expectNoContent(await agent.ack(jobId));
    expect(await agent.jobIds()).toEqual([]);
  });

  it("POLL-11 of three polls that wait one gets 429 with Retry-After", async () => {
    const polls = [1, 2, 3].map(() => agent.poll({ wait: LONG_WAIT }));
    const refused = await Promise.race(polls);
    expectRefusal(refused, 429);
    expect(refused.headers["retry-after"]).toMatch(/^[1-9]\d*$/);
    const { jobId } = await issue();
    const replies = await Promise.all(polls);
    const served = replies.filter(({ status }) => status === 200);
    expect(served.map((reply) => jobsIn(reply)[0]?.id)).toEqual([jobId, jobId]);
  });

  it("POLL-12 polls of other clusters, and polls that do not wait, are not counted", async () => {
    const other = await AgentSession.register(target());
    const polls = [1, 2, 3].map(() => agent.poll({ wait: LONG_WAIT }));
    await Promise.race(polls);
    expect(jobsIn(await agent.poll({ wait: 0 }))).toEqual([]);
    expect(jobsIn(await other.poll({ wait: 1 }))).toEqual([]);
    await issue();
    await Promise.all(polls);
  });

  it("POLL-13 a client that goes away frees its place", async () => {
    const clients = [1, 2, 3].map(() => new AbortController());
    const polls = clients.map(({ signal }) =>
      agent.poll({ wait: LONG_WAIT, signal }).catch(() => undefined),
    );
    await Promise.race(polls);
    for (const client of clients) client.abort();
    await Promise.all(polls);
    await eventually(async () => {
      const pair = await Promise.all([
        agent.poll({ wait: 1 }),
        agent.poll({ wait: 1 }),
      ]);
      return pair.every(({ status }) => status === 200);
    });
  });

  it("POLL-14 resume=true offers acked jobs again at once", async () => {
    const { jobId } = await issue();
    const settled = await issue();
    await agent.jobs();
    expectNoContent(await agent.ack(jobId));
    expectNoContent(await agent.ack(settled.jobId));
    expectNoContent(await agent.result(settled.jobId));
    expect(await agent.jobIds()).toEqual([]);
    const resumed = await agent.jobIds({ resume: true, wait: LONG_WAIT });
    expect(resumed).toEqual([jobId]);
    expectNoContent(await agent.ack(jobId));
    expectNoContent(await agent.result(jobId));
    expect(await agent.jobIds({ resume: true })).toEqual([]);
  });

  it("POLL-15 a cluster gets its own jobs only", async () => {
    const other = await AgentSession.register(target());
    const { jobId } = await issue();
    expect(await other.jobIds()).toEqual([]);
    expect(await other.jobIds({ resume: true })).toEqual([]);
    expect(await agent.jobIds()).toEqual([jobId]);
  });

  it("POLL-16 a waiting poll ends without jobs when its cluster is revoked", async () => {
    const waiting = agent.poll({ wait: LONG_WAIT });
    await pause(200);
    await target().revoke(agent.clusterId);
    expectEnded(await waiting);
    expectRefusal(await agent.poll(), 401);
  });
}

function expectEnded(reply: Reply): void {
  if (reply.status === 401) expectRefusal(reply, 401);
  else expect(jobsIn(reply)).toEqual([]);
}
