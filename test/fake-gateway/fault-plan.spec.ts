import { FaultPlan } from "./fault-plan";

describe("planned faults", () => {
  it("meet as many requests as was said, and then no more", () => {
    const plan = new FaultPlan();
    plan.add({ times: 2, status: 500 });
    const met = [1, 2, 3].map(() => plan.take("/jobs")?.status);
    expect(met).toEqual([500, 500, undefined]);
  });

  it("meet only the paths they name", () => {
    const plan = new FaultPlan();
    plan.add({ times: 1, cut: true, path: /\/result$/ });
    expect(plan.take("/jobs/1/ack")).toBeUndefined();
    expect(plan.take("/jobs/1/result")?.cut).toBe(true);
  });

  it("come in the order in which they were planned", () => {
    const plan = new FaultPlan();
    plan.add({ times: 1, status: 500 });
    plan.add({ times: 1, status: 429, retryAfterSeconds: 1 });
    expect([plan.take("/"), plan.take("/")].map((hit) => hit?.status)).toEqual([
      500, 429,
    ]);
  });
});
