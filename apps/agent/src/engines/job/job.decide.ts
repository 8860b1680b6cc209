import type { KubeObject } from "@vworkspace/kube";
import {
  type FieldProblem,
  type JobParameters,
  OPERATION_RUNNER_SERVICE_ACCOUNT,
  secretLookingPaths,
} from "@vworkspace/resources";
import type { EngineEnd, EngineRun, EngineVerdict } from "../engine";
import { engineObjectName } from "../engine-objects";
import { JOB, type JobRun, type PodSpec } from "../job-run/job-run";
import { endJob, followJob, jobLabels } from "../job-run/job-run.decide";
import {
  type AccountProblem,
  unusableAccount,
} from "../operation-account.decide";

/** What there is of a job. */
export interface JobSeen extends JobRun {
  /** Why the account that it wants can't be used; looked at before there is a Job. */
  readonly account?: AccountProblem;
}

type Variable = NonNullable<JobParameters["env"]>[number];

export function decideJob(run: EngineRun, seen: JobSeen): EngineVerdict {
  const { account } = seen;
  return followJob(run, seen, {
    succeeded: "JobSucceeded",
    begin: () =>
      account
        ? { verdict: unusableAccount(run, account) }
        : { object: jobOf(run) },
  });
}

export function endOfJob(run: EngineRun, seen: JobSeen): EngineEnd {
  return endJob(run, seen);
}

/** Names of the Secrets that the environment comes from, each once. */
export function secretsOfJob({ env = [] }: JobParameters): readonly string[] {
  return [...new Set(env.flatMap(({ secretRef }) => secretRef?.name ?? []))];
}

/** What the schema can't say about the environment. */
export function environmentProblems({
  env = [],
}: JobParameters): readonly FieldProblem[] {
  return env.flatMap((variable, index) => {
    const field = `spec.parameters.env[${index}]`;
    const { name, value, secretRef } = variable;
    if (secretRef !== undefined && value !== undefined)
      return {
        field,
        message: `${field} has both value and secretRef: keep one of them`,
      };
    if (secretLookingPaths(screamingCase(name, value)).length === 0) return [];
    return {
      field: `${field}.value`,
      message: `${field}.value looks like a secret, by the name of its variable or what it holds: put it into a Secret and name that in ${field}.secretRef`,
    };
  });
}

/** API_KEY is to environments what apiKey is to values. */
function screamingCase(name: string, value: string | undefined): object {
  const parts = name.toLowerCase().split(/[^a-z0-9]+/);
  const last = parts.at(-1) ?? "";
  return { [parts.slice(-2).join("")]: value, [last]: value };
}

/** The Job of an operation, within the restricted profile of the Pod Security Standards. */
function jobOf(run: EngineRun): KubeObject {
  const parameters = run.parameters as unknown as JobParameters;
  const { activeDeadlineSeconds, backoffLimit = 0 } = parameters;
  const labels = jobLabels(run);
  return {
    ...JOB,
    metadata: {
      name: engineObjectName(run.uid),
      namespace: run.namespace,
      labels,
    },
    spec: {
      backoffLimit,
      ...(activeDeadlineSeconds !== undefined && { activeDeadlineSeconds }),
      template: { metadata: { labels }, spec: podOf(parameters) },
    },
  };
}

function podOf(parameters: JobParameters): PodSpec {
  const { image, command, args, env, serviceAccountName } = parameters;
  return {
    restartPolicy: "Never",
    serviceAccountName: serviceAccountName ?? OPERATION_RUNNER_SERVICE_ACCOUNT,
    // Who names an account wants its rights; a plain job gets no token to lose.
    automountServiceAccountToken: serviceAccountName !== undefined,
    securityContext: {
      runAsNonRoot: true,
      seccompProfile: { type: "RuntimeDefault" },
    },
    containers: [
      {
        name: "main",
        image,
        ...(command && { command }),
        ...(args && { args }),
        ...(env && { env: env.map(variableOf) }),
        securityContext: {
          runAsNonRoot: true,
          allowPrivilegeEscalation: false,
          capabilities: { drop: ["ALL"] },
        },
      },
    ],
  };
}

function variableOf({ name, value, secretRef }: Variable) {
  if (secretRef === undefined) return { name, value: value ?? "" };
  return { name, valueFrom: { secretKeyRef: secretRef } };
}
