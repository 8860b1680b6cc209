import type { Job } from "@vworkspace/contract";
import { AgentSession } from "./agent-session";
import { expectNoContent, expectRefusal, pause } from "./expectations";
import { issueApplyJob, issueDeleteJob, newObject } from "./suite-jobs";
import type { ConformanceTarget, SuiteObject } from "./target";

const LONG_WAIT = 200;

export function describeOrder(target: () => ConformanceTarget): void {
  let agent: AgentSession;
  let object: SuiteObject;
  beforeEach(async () => {
    agent = await AgentSession.register(target());
    object = newObject();
  });

  const apply = async (which = object) =>
    (await issueApplyJob(target(), agent.clusterId, which)).jobId;
  const remove = async () =>
    (await issueDeleteJob(target(), agent.clusterId, object)).jobId;

  /** An object that is there: an apply that settled, so that a delete of it is work. */
  async function settledApply(): Promise<void> {
    const job = await apply();
    expectNoContent(await agent.result(job));
  }

  async function expectClosed(jobId: string): Promise<void> {
    expectRefusal(await agent.ack(jobId), 409);
    expectRefusal(await agent.status(jobId), 409);
    expectRefusal(await agent.result(jobId), 409);
  }

  it("ORD-1 a newer apply closes an older one that nobody has acked", async () => {
    const older = await apply();
    expect(await agent.jobIds()).toEqual([older]);
    const newer = await apply();
    expect(await agent.jobIds()).toEqual([newer]);
    await expectClosed(older);
    expectNoContent(await agent.ack(newer));
  });

  it("ORD-1 ORD-2 of five applies in a row only the newest is open", async () => {
    const older = [await apply(), await apply()];
    await agent.ack(older[1] ?? "");
    older.push(await apply(), await apply());
    const newest = await apply();
    expect(await agent.jobIds({ resume: true })).toEqual([newest]);
    for (const job of older) await expectClosed(job);
  });

  it("ORD-2 ORD-3 a newer apply closes an acked one, and reaches a waiting poll at once", async () => {
    const older = await apply();
    expectNoContent(await agent.ack(older));
    expectNoContent(await agent.status(older));
    const waiting = agent.jobIds({ wait: LONG_WAIT });
    await pause(200);
    const newer = await apply();
    expect(await waiting).toEqual([newer]);
    await expectClosed(older);
  });

  it("ORD-4 a delete closes older applies, acked or not", async () => {
    const acked = await apply();
    expectNoContent(await agent.ack(acked));
    const deletion = await remove();
    expect(await agent.jobIds()).toEqual([deletion]);
    await expectClosed(acked);
  });

  /** Asks for an apply that must wait; its job may not be there before the delete is settled. */
  const applyLater = () => target().issueApply(agent.clusterId, object);

  /** The one offered job is an apply of the object, of this generation or a newer one. */
  function expectApplyOf(jobs: readonly Job[], generation: number): void {
    expect(jobs.map(({ kind }) => kind)).toEqual(["apply"]);
    const [key, offered] = jobs[0]?.idempotencyKey.split("@") ?? [];
    expect(key).toBe(`applicationinstance/${object.namespace}/${object.name}`);
    expect(Number(offered)).toBeGreaterThanOrEqual(generation);
  }

  it("ORD-5 ORD-6 what comes after a delete waits until it is settled, then is offered at once", async () => {
    await settledApply();
    const deletion = await remove();
    const { generation } = await applyLater();
    expect(await agent.jobIds()).toEqual([deletion]);
    expectNoContent(await agent.ack(deletion));
    const waiting = agent.jobs({ wait: LONG_WAIT });
    const first = await Promise.race([waiting, pause(300)]);
    expect(first).toBeUndefined();
    expectNoContent(await agent.status(deletion));
    expectNoContent(await agent.result(deletion));
    expectApplyOf(await waiting, generation);
  });

  it("ORD-5 a newer apply replaces the one that waits for the delete, not the delete", async () => {
    await settledApply();
    const deletion = await remove();
    await applyLater();
    const { generation } = await applyLater();
    expect(await agent.jobIds()).toEqual([deletion]);
    expectNoContent(await agent.result(deletion));
    const offered = await agent.jobs();
    expectApplyOf(offered, generation);
    expectNoContent(await agent.result(offered[0]?.id ?? ""));
    expect(await agent.jobs()).toEqual([]);
  });

  it("ORD-8 an object has at most one offered job", async () => {
    await settledApply();
    const deletion = await remove();
    await applyLater();
    await applyLater();
    expect(await agent.jobIds({ resume: true })).toEqual([deletion]);
  });

  it("ORD-9 jobs of different objects do not wait for each other", async () => {
    await settledApply();
    const deletion = await remove();
    await applyLater();
    const other = await apply(newObject());
    expect(await agent.jobIds()).toEqual([deletion, other]);
    expectNoContent(await agent.ack(deletion));
    expect(await agent.jobIds()).toEqual([other]);
  });

  it("ORD-9 an object of the same name in another namespace is another object", async () => {
    const first = await apply();
    const second = await apply({ namespace: "suite-b", name: object.name });
    expect(await agent.jobIds()).toEqual([first, second]);
  });
}
