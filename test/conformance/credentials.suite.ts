import { rotateResponseSchema } from "@vworkspace/contract";
import { AgentSession, call, jsonOf } from "./agent-session";
import { expectNoContent, expectRefusal } from "./expectations";
import { issueApplyJob, newObject } from "./suite-jobs";
import type { ConformanceTarget } from "./target";

export function describeCredentials(target: () => ConformanceTarget): void {
  let agent: AgentSession;
  beforeEach(async () => {
    agent = await AgentSession.register(target());
  });

  it("ROT-1 rotation gives a new token that works at once", async () => {
    const reply = await agent.rotate();
    expect(reply.status).toBe(200);
    const { token } = rotateResponseSchema.parse(jsonOf(reply));
    expect(token).not.toBe(agent.token);
    expect(await agent.withToken(token).jobs()).toEqual([]);
  });

  it("ROT-1 rotation needs no body", async () => {
    const headers = agent.headers();
    const sent = { method: "POST", headers } as const;
    const reply = await call(target(), "/credentials/rotate", sent);
    expect(reply.status).toBe(200);
  });

  it("ROT-1 the new token is the same cluster's", async () => {
    const other = await AgentSession.register(target());
    const successor = await agent.rotated();
    const astray = new AgentSession(target(), other.clusterId, successor.token);
    expectRefusal(await astray.poll(), 403);
  });

  it("ROT-2 the old token keeps working in its grace, also after the new one worked", async () => {
    const successor = await agent.rotated();
    expect(await agent.jobs()).toEqual([]);
    expect(await successor.jobs()).toEqual([]);
    expect(await agent.jobs()).toEqual([]);
  });

  it("ROT-4 a repeat replaces a successor that nobody used", async () => {
    const lost = await agent.rotated();
    const found = await agent.rotated();
    expect(await found.jobs()).toEqual([]);
    expectRefusal(await lost.poll(), 401);
    expect(await found.jobs()).toEqual([]);
  });

  it("ROT-5 once the successor was used, the old token may poll and not rotate", async () => {
    const successor = await agent.rotated();
    expect(await successor.jobs()).toEqual([]);
    expectRefusal(await agent.rotate(), 401);
    expect(await agent.jobs()).toEqual([]);
    expect(await successor.jobs()).toEqual([]);
  });

  it("ROT-6 the old token ends when its successor rotates", async () => {
    const second = await agent.rotated();
    const third = await second.rotated();
    expectRefusal(await agent.poll(), 401);
    expect(await second.jobs()).toEqual([]);
    expect(await third.jobs()).toEqual([]);
  });

  it("ROT-7 a job that was offered to the old token can be settled with the new one", async () => {
    const { jobId } = await issueApplyJob(
      target(),
      agent.clusterId,
      newObject(),
    );
    expect(await agent.jobIds()).toEqual([jobId]);
    expectNoContent(await agent.ack(jobId));
    const successor = await agent.rotated();
    expectNoContent(await successor.status(jobId));
    expectNoContent(await successor.result(jobId));
  });
}
