import { engineRun } from "../../testing/engine-run";
import type { EngineVerdict } from "../engine";
import { engineLabels } from "../engine-objects";
import { POD } from "../../watches/watched-kinds";
import { JOB, type Job, type JobRun, type Pod } from "./job-run";
import { endJob, followJob } from "./job-run.decide";

const SPEC = {
  engine: "job",
  type: "RunCommand",
  parameters: { image: "tools:1" },
} as const;
const RUN = engineRun(SPEC);
const KNOWN = engineRun(SPEC, { outputs: { jobName: "op-u-op" } });
const NEW: Job = {
  ...JOB,
  metadata: { name: "op-u-op", namespace: "shop", labels: engineLabels(RUN) },
  spec: { template: { spec: {} } },
};

const job = (status: Job["status"] = {}, metadata: object = {}): Job => ({
  ...NEW,
  metadata: { ...NEW.metadata, ...metadata },
  status,
});

const ended = (type: string, reason = "", message = "") =>
  job({ conditions: [{ type, status: "True", reason, message }] });

const pod = (
  name: string,
  status: Pod["status"] = {},
  createdAt = "1",
): Pod => ({
  ...POD,
  metadata: { name, namespace: "shop", creationTimestamp: createdAt },
  status,
});

const exited = (exitCode: number, reason?: string): Pod["status"] => ({
  phase: "Failed",
  containerStatuses: [
    { name: "side", state: { terminated: { exitCode: 0 } } },
    {
      name: "main",
      state: { terminated: { exitCode, ...(reason && { reason }) } },
    },
  ],
});

const waiting = (reason: string, message?: string): Pod["status"] => ({
  phase: "Pending",
  containerStatuses: [
    {
      name: "main",
      state: { waiting: { reason, ...(message && { message }) } },
    },
  ],
});

const LIMIT = ended("Failed", "BackoffLimitExceeded", "It has failed enough.");

function follow(seen: JobRun, run = RUN): EngineVerdict {
  return followJob(run, seen, {
    succeeded: "HelmHookJobSucceeded",
    begin: () => ({ object: NEW }),
  });
}

describe("What is made of a Job", () => {
  it("is created where it was never seen", () => {
    expect(follow({ pods: [] })).toMatchObject({
      state: "working",
      reason: "EngineStarted",
      action: { do: "create", object: NEW },
    });
    expect(follow({ pods: [] })).not.toHaveProperty("outputs");
  });

  it("is not created where there is a reason against it", () => {
    const verdict: EngineVerdict = {
      state: "failed",
      reason: "PreconditionFailed",
      message: "No.",
    };
    const course = {
      succeeded: "JobSucceeded" as const,
      begin: () => ({ verdict }),
    };
    expect(followJob(RUN, { pods: [] }, course)).toBe(verdict);
  });

  it.each<[string, JobRun, string, string]>([
    [
      "has just begun",
      { job: job(), pods: [] },
      "working EngineStarted",
      "Job op-u-op: 0 pods at work, 0 failed.",
    ],
    [
      "goes on after a failure",
      { job: job({ active: 1, failed: 2 }), pods: [pod("a", exited(1))] },
      "working EngineStarted",
      "Job op-u-op: 1 pod at work, 2 failed.",
    ],
    [
      "waits for its image",
      {
        job: job({ active: 1 }),
        pods: [pod("a", waiting("ImagePullBackOff", "Back-off pulling x"))],
      },
      "working EngineStarted",
      "Job op-u-op: 1 pod at work, 0 failed; pod a: container main waits, ImagePullBackOff: Back-off pulling x.",
    ],
    [
      "waits in an ordinary way",
      {
        job: job({ active: 1 }),
        pods: [pod("a", waiting("ContainerCreating"))],
      },
      "working EngineStarted",
      "Job op-u-op: 1 pod at work, 0 failed.",
    ],
    [
      "finds no node",
      {
        job: job({ active: 1 }),
        pods: [
          pod("a", {
            phase: "Pending",
            conditions: [
              {
                type: "PodScheduled",
                status: "False",
                reason: "Unschedulable",
                message: "0/3 nodes",
              },
            ],
          }),
        ],
      },
      "working EngineStarted",
      "Job op-u-op: 1 pod at work, 0 failed; pod a: has no node, Unschedulable: 0/3 nodes.",
    ],
    [
      "is being deleted",
      { job: job({ active: 1 }, { deletionTimestamp: "2026" }), pods: [] },
      "working EngineStarted",
      "Job op-u-op: is being deleted by somebody.",
    ],
    [
      "is done",
      { job: ended("Complete"), pods: [] },
      "succeeded HelmHookJobSucceeded",
      "Job op-u-op is done.",
    ],
    [
      "is about to be done",
      { job: ended("SuccessCriteriaMet"), pods: [] },
      "working EngineStarted",
      "Job op-u-op: 0 pods at work, 0 failed.",
    ],
    [
      "failed too often",
      {
        job: LIMIT,
        pods: [pod("b", exited(3, "OOMKilled"), "2"), pod("a", exited(1))],
      },
      "failed JobFailedBackoffExceeded",
      "Job op-u-op failed, BackoffLimitExceeded: It has failed enough. Container main of pod b ended with exit code 3 (OOMKilled).",
    ],
    [
      "failed, and its lines may be shown",
      { job: LIMIT, pods: [pod("a", exited(3))], log: "one\ntwo" },
      "failed JobFailedBackoffExceeded",
      "Job op-u-op failed, BackoffLimitExceeded: It has failed enough. Container main of pod a ended with exit code 3. Its last lines:\none\ntwo",
    ],
    [
      "failed since its pod was evicted",
      {
        job: LIMIT,
        pods: [pod("a", { phase: "Failed", reason: "Evicted" })],
      },
      "failed JobFailedBackoffExceeded",
      "Job op-u-op failed, BackoffLimitExceeded: It has failed enough. Pod a failed (Evicted).",
    ],
    [
      "failed, and its pods are gone",
      { job: LIMIT, pods: [] },
      "failed JobFailedBackoffExceeded",
      "Job op-u-op failed, BackoffLimitExceeded: It has failed enough.",
    ],
    [
      "took too long",
      { job: ended("Failed", "DeadlineExceeded", "Too long"), pods: [] },
      "failed JobActiveDeadlineExceeded",
      "Job op-u-op failed, DeadlineExceeded: Too long.",
    ],
    [
      "failed in a way of its own",
      { job: ended("Failed", "PodFailurePolicy", "Rule 1"), pods: [] },
      "failed EngineFailed",
      "Job op-u-op failed, PodFailurePolicy: Rule 1.",
    ],
    [
      "is somebody else's",
      { job: job({}, { labels: {} }), pods: [] },
      "failed EngineFailed",
      "Job op-u-op is somebody else's: it has not the label ops.vworkspace.io/operation=u-op. Delete it, then try again in a new operation.",
    ],
  ])("%s", (_, seen, state, message) => {
    const verdict = follow(seen, KNOWN);
    expect(`${verdict.state} ${verdict.reason}`).toBe(state);
    expect(verdict.message).toBe(message);
    expect(verdict).not.toHaveProperty("action");
  });

  it("was seen and is gone, and is not made again", () => {
    const verdict = follow({ pods: [] }, KNOWN);
    expect(verdict).toMatchObject({ state: "failed", reason: "EngineFailed" });
    expect(verdict.message).toContain("Job op-u-op is gone");
  });

  it("is told by its name, its exit code and where its log is", () => {
    expect(follow({ job: ended("Complete"), pods: [] })).toMatchObject({
      outputs: { jobName: "op-u-op", exitCode: 0 },
      logsRef: { kind: "Job", name: "op-u-op", namespace: "shop" },
    });
    const seen = { job: LIMIT, pods: [pod("a", exited(3))] };
    expect(follow(seen)).toMatchObject({
      outputs: { jobName: "op-u-op", exitCode: 3 },
      logsRef: { kind: "Pod", name: "a", namespace: "shop" },
    });
  });
});

describe("The end of a Job", () => {
  it.each<[string, JobRun, string, string | undefined]>([
    ["deletes it", { job: job(), pods: [] }, "ending", "delete"],
    ["deletes a finished one", { job: LIMIT, pods: [] }, "ending", "delete"],
    [
      "waits while it is going",
      { job: job({}, { deletionTimestamp: "2026" }), pods: [] },
      "ending",
      undefined,
    ],
    [
      "waits for a pod that runs",
      { pods: [pod("a", { phase: "Running" })] },
      "ending",
      undefined,
    ],
    [
      "leaves pods that have ended",
      { pods: [pod("a", exited(1))] },
      "ended",
      undefined,
    ],
    ["has nothing to do", { pods: [] }, "ended", undefined],
    [
      "leaves somebody else's",
      { job: job({}, { labels: {} }), pods: [] },
      "ended",
      undefined,
    ],
  ])("%s", (_, seen, state, action) => {
    const end = endJob(RUN, seen);
    expect(end.state).toBe(state);
    expect(end.state === "ending" ? end.action?.do : undefined).toBe(action);
  });
});
