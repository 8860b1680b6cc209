import type { KubeObject } from "@vworkspace/kube";
import type {
  FieldProblem,
  HelmHookJobParameters,
} from "@vworkspace/resources";
import { cutText } from "../foreign-words";
import type { EngineEnd, EngineRun, EngineVerdict } from "../engine";
import { engineObjectName } from "../engine-objects";
import type { Job, JobRun } from "../job-run/job-run";
import {
  type Begun,
  endJob,
  followJob,
  jobLabels,
} from "../job-run/job-run.decide";
import {
  type AccountProblem,
  unusableAccount,
} from "../operation-account.decide";
import type { HookSeen } from "./released-hooks";

/** What there is of a hook's Job, and of the hook before there is a Job. */
export interface HelmHookJobSeen extends JobRun {
  readonly hook?: HookSeen;
  readonly account?: AccountProblem;
}

const LONGEST_LIST = 20;

export function decideHookJob(
  run: EngineRun,
  seen: HelmHookJobSeen,
): EngineVerdict {
  return followJob(run, seen, {
    succeeded: "HelmHookJobSucceeded",
    begin: () => begun(run, seen),
  });
}

export function endOfHookJob(run: EngineRun, seen: HelmHookJobSeen): EngineEnd {
  return endJob(run, seen);
}

/** A target without a release has no hooks. */
export function releaseProblems({ target }: EngineRun): FieldProblem[] {
  if (target.spec.release !== undefined) return [];
  return [
    {
      field: "spec.targetRef.name",
      value: target.metadata.name,
      message: `spec.targetRef.name is ${target.metadata.name}, which has no Helm release: name an ApplicationInstance that installs a chart`,
    },
  ];
}

function begun(run: EngineRun, { hook, account }: HelmHookJobSeen): Begun {
  if (hook === undefined || "problem" in hook)
    return failed(
      "EngineFailed",
      `The hook can't be run: ${hook?.problem ?? "the target has no release"}.`,
    );
  if ("others" in hook) return notFound(run, hook);
  const { namespace } = hook.job.metadata;
  if (namespace !== undefined && namespace !== run.namespace)
    return failed(
      "EngineFailed",
      `The hook can't be run: it belongs into namespace ${cutText(namespace, 63)}, and operations act in their own, ${run.namespace}.`,
    );
  return account
    ? { verdict: unusableAccount(run, account) }
    : { object: cloned(run, hook.job) };
}

function failed(
  reason: "EngineFailed" | "HookNotFound",
  message: string,
): Begun {
  return { verdict: { state: "failed", reason, message } };
}

function notFound(
  { parameters, target }: EngineRun,
  { others, revision }: Extract<HookSeen, { others: unknown }>,
): Begun {
  const { hookName } = parameters as unknown as HelmHookJobParameters;
  const list = others.slice(0, LONGEST_LIST).join(", ");
  const there = others.length === 0 ? "no Job at all" : cutText(list);
  return failed(
    "HookNotFound",
    `Revision ${revision} of release ${target.spec.release?.name} has no Job ${hookName} among its hooks: there is ${there}.`,
  );
}

/** Fields that the API server fills in, or that would start or take away the Job at another time than ours. */
const NOT_CLONED = ["selector", "manualSelector", "ttlSecondsAfterFinished"];

/** The chart's own pod, as it is; it may need what the restricted profile forbids, and was installed by the same release. */
function cloned(run: EngineRun, hook: Job): KubeObject {
  const { activeDeadlineSeconds, backoffLimit } =
    run.parameters as unknown as HelmHookJobParameters;
  const labels = jobLabels(run);
  const { template } = hook.spec;
  const annotations = withoutHelms(hook.metadata.annotations);
  return {
    apiVersion: hook.apiVersion,
    kind: hook.kind,
    metadata: {
      name: engineObjectName(run.uid),
      namespace: run.namespace,
      labels: { ...hook.metadata.labels, ...labels },
      ...(annotations && { annotations }),
    },
    spec: {
      ...without(hook.spec, [...NOT_CLONED, "suspend"]),
      ...(activeDeadlineSeconds !== undefined && { activeDeadlineSeconds }),
      ...(backoffLimit !== undefined && { backoffLimit }),
      template: {
        ...template,
        metadata: {
          ...template.metadata,
          labels: { ...template.metadata?.labels, ...labels },
        },
      },
    },
  };
}

/** A Job with Helm's annotations would look to it like its own. */
function withoutHelms(
  annotations: Readonly<Record<string, string>> = {},
): Record<string, string> | undefined {
  const kept = Object.entries(annotations).filter(
    ([name]) => !/^(meta\.)?helm\.sh\//.test(name),
  );
  return kept.length > 0 ? Object.fromEntries(kept) : undefined;
}

function without(
  fields: Readonly<Record<string, unknown>>,
  names: readonly string[],
): Record<string, unknown> {
  return Object.fromEntries(
    Object.entries(fields).filter(([name]) => !names.includes(name)),
  );
}
