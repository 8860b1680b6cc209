import { engineRun } from "../../testing/engine-run";
import type { Job } from "../job-run/job-run";
import {
  decideHookJob,
  endOfHookJob,
  type HelmHookJobSeen,
  releaseProblems,
} from "./helm-hook-job.decide";

const HOOK: Job = {
  apiVersion: "batch/v1",
  kind: "Job",
  metadata: {
    name: "web-migrate",
    labels: { app: "web" },
    annotations: {
      "helm.sh/hook": "pre-upgrade",
      "helm.sh/hook-delete-policy": "hook-succeeded",
      "meta.helm.sh/release-name": "web",
      "example.com/note": "kept",
    },
  },
  spec: {
    backoffLimit: 6,
    completions: 1,
    suspend: true,
    ttlSecondsAfterFinished: 0,
    manualSelector: true,
    selector: { matchLabels: { a: "b" } },
    template: {
      metadata: { labels: { a: "b" } },
      spec: {
        serviceAccountName: "web",
        containers: [{ name: "migrate", image: "web:1" }],
      },
    },
  },
};

const of = (parameters: object = {}) =>
  engineRun({
    engine: "helmHookJob",
    type: "Migration",
    parameters: { hookName: "web-migrate", ...parameters },
  });
const seen = (hook: HelmHookJobSeen["hook"]): HelmHookJobSeen => ({
  pods: [],
  ...(hook && { hook }),
});

function createdBy(parameters: object = {}) {
  const hook = { job: HOOK, revision: 3 };
  const verdict = decideHookJob(of(parameters), seen(hook));
  if (verdict.state !== "working" || verdict.action?.do !== "create")
    throw new Error(verdict.message);
  return verdict.action.object;
}

describe("The Job of a chart's hook", () => {
  it("is the chart's, under our name and labels, and none of Helm's", () => {
    const labels = {
      "ops.vworkspace.io/operation": "u-op",
      "app.vworkspace.io/application-instance": "web",
      "velero.io/exclude-from-backup": "true",
    };
    expect(createdBy()).toEqual({
      apiVersion: "batch/v1",
      kind: "Job",
      metadata: {
        name: "op-u-op",
        namespace: "shop",
        labels: { app: "web", ...labels },
        annotations: { "example.com/note": "kept" },
      },
      spec: {
        backoffLimit: 6,
        completions: 1,
        template: {
          metadata: { labels: { a: "b", ...labels } },
          spec: HOOK.spec.template.spec,
        },
      },
    });
  });

  it("has the limits of the operation where that names some", () => {
    const limits = { activeDeadlineSeconds: 30, backoffLimit: 0 };
    expect(createdBy(limits)["spec"]).toMatchObject(limits);
  });

  it.each<[string, HelmHookJobSeen, string, string]>([
    [
      "is not among the hooks",
      seen({ others: ["web-test", "web-seed"], revision: 3 }),
      "HookNotFound",
      "Revision 3 of release web has no Job web-migrate among its hooks: there is web-test, web-seed.",
    ],
    [
      "is one of no hooks",
      seen({ others: [], revision: 1 }),
      "HookNotFound",
      "Revision 1 of release web has no Job web-migrate among its hooks: there is no Job at all.",
    ],
    [
      "can't be read",
      seen({ problem: "the record is torn" }),
      "EngineFailed",
      "The hook can't be run: the record is torn.",
    ],
    [
      "belongs to no release",
      seen(undefined),
      "EngineFailed",
      "The hook can't be run: the target has no release.",
    ],
    [
      "belongs into another namespace",
      seen({
        job: { ...HOOK, metadata: { ...HOOK.metadata, namespace: "bank" } },
        revision: 1,
      }),
      "EngineFailed",
      "The hook can't be run: it belongs into namespace bank, and operations act in their own, shop.",
    ],
    [
      "wants an account that is not there",
      {
        ...seen({ job: HOOK, revision: 1 }),
        account: { name: "web", problem: "missing-of-chart" },
      },
      "PreconditionFailed",
      "The service account web of namespace shop is missing, and the hook of the chart names it: have the chart install it.",
    ],
  ])("is not made where it %s", (_, what, reason, message) => {
    expect(decideHookJob(of(), what)).toEqual({
      state: "failed",
      reason,
      message,
    });
  });

  it("has ended where there is none", () => {
    expect(endOfHookJob(of(), { pods: [] })).toEqual({ state: "ended" });
  });

  it("needs a target that is installed by Helm", () => {
    const spec = of().operation.spec;
    expect(releaseProblems(engineRun(spec))).toEqual([]);
    const [problem] = releaseProblems(engineRun(spec, { isPlaceholder: true }));
    expect(problem?.field).toBe("spec.targetRef.name");
  });
});
