import { AgentSession, jobsIn } from "./agent-session";
import {
  eventually,
  expectNoContent,
  expectRefusal,
  pause,
} from "./expectations";
import { issueApplyJob, issueDeleteJob, newObject } from "./suite-jobs";
import type { ConformanceTarget } from "./target";

const LONG_WAIT = 200;

/** Tries of {@link eventually} (20 a second) that are enough for a time of the target to pass, with room for slowness. */
const triesFor = (seconds: number) => seconds * 20 * 4;

/**
 * What time does. The target's times are a few seconds; tests wait for the effect and never measure how long it took.
 * What must grow old first is begun before the first test.
 */
export function describeTime(target: () => ConformanceTarget): void {
  let agent: AgentSession;
  let aging: { agent: AgentSession; jobId: string };
  let rotated: { old: AgentSession; successor: AgentSession };

  beforeAll(async () => {
    const old = await AgentSession.register(target());
    rotated = { old, successor: await old.rotated() };
    const idle = await AgentSession.register(target());
    const { jobId } = await issueApplyJob(target(), idle.clusterId);
    expect(await idle.jobIds()).toEqual([jobId]);
    aging = { agent: idle, jobId };
  });

  beforeEach(async () => {
    agent = await AgentSession.register(target());
  });

  const issue = (object = newObject()) =>
    issueApplyJob(target(), agent.clusterId, object);

  it("ACK-6 a job whose lease runs out is offered again with the next attempt", async () => {
    const { jobId } = await issue();
    const [first] = await agent.jobs();
    expectNoContent(await agent.ack(jobId));
    const [second] = await agent.jobs({ wait: LONG_WAIT });
    expect(second?.id).toBe(jobId);
    expect(second?.idempotencyKey).toBe(first?.idempotencyKey);
    expect(second?.attempt).toBe(2);
    expectNoContent(await agent.ack(jobId));
    expectNoContent(await agent.result(jobId));
  });

  it("STA-2 statuses keep the lease, and it runs out when they cease", async () => {
    const { jobId } = await issue();
    expect(await agent.jobIds()).toEqual([jobId]);
    expectNoContent(await agent.ack(jobId));
    const halfLeaseMs = (target().times.leaseSeconds * 1000) / 2;
    for (let posted = 0; posted < 3; posted += 1) {
      await pause(halfLeaseMs);
      expect(await agent.jobIds()).toEqual([]);
      expectNoContent(await agent.status(jobId));
    }
    const [again] = await agent.jobs({ wait: LONG_WAIT });
    expect(again).toMatchObject({ id: jobId, attempt: 2 });
  });

  it("ORD-7 a delete whose lease ran out is offered again, though something newer waits", async () => {
    const object = newObject();
    const { jobId: first } = await issue(object);
    expectNoContent(await agent.result(first));
    const deletion = await issueDeleteJob(target(), agent.clusterId, object);
    expectNoContent(await agent.ack(deletion.jobId));
    await target().issueApply(agent.clusterId, object);
    expect(await agent.jobIds({ wait: LONG_WAIT })).toEqual([deletion.jobId]);
  });

  it("JOB-8 a job that nobody acks expires: noop, error expired, and closed to everyone", async () => {
    const { jobId } = aging;
    const { jobSeconds } = target().times;
    await eventually(async () => {
      const { outcome, error } = await target().jobFacts(
        aging.agent.clusterId,
        jobId,
      );
      return outcome === "noop" && error === "expired";
    }, triesFor(jobSeconds));
    expect(await aging.agent.jobIds({ resume: true })).not.toContain(jobId);
    expectRefusal(await aging.agent.ack(jobId), 409);
    expectRefusal(await aging.agent.status(jobId), 409);
    expectRefusal(await aging.agent.result(jobId), 409);
  });

  it("ROT-3 the old token gets 401 when its grace is over", async () => {
    const { graceSeconds } = target().times;
    const isOver = async () => (await rotated.old.poll()).status === 401;
    await eventually(isOver, triesFor(graceSeconds));
    expectRefusal(await rotated.old.poll(), 401);
    expect(await rotated.successor.jobs()).toEqual([]);
  });

  it("POLL-17 a gateway that shuts down answers its waiting polls with an empty list", async () => {
    const waiting = [1, 2].map(() => agent.poll({ wait: LONG_WAIT }));
    await pause(500);
    await target().stop();
    for (const reply of await Promise.all(waiting))
      expect(jobsIn(reply)).toEqual([]);
  });
}
