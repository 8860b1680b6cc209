import {
  LABELS,
  OPERATION_RUNNER_SERVICE_ACCOUNT,
} from "@vworkspace/resources";
import type { EngineRun, EngineVerdict } from "./engine";

export interface AccountProblem {
  readonly name: string;
  readonly problem: "missing" | "missing-of-chart" | "not-allowed";
}

/** That nothing is made, since the service account can't be used, and what helps. */
export function unusableAccount(
  { namespace }: EngineRun,
  { name, problem }: AccountProblem,
): EngineVerdict {
  const account = `service account ${name} of namespace ${namespace}`;
  const label = `kubectl label serviceaccount ${name} -n ${namespace} ${LABELS.operationServiceAccount}=true`;
  const message = {
    missing:
      name === OPERATION_RUNNER_SERVICE_ACCOUNT
        ? `${account} is missing: an administrator of the namespace runs kubectl create serviceaccount ${name} -n ${namespace}`
        : `${account} is missing: create it and label it ${LABELS.operationServiceAccount}=true, or leave spec.parameters.serviceAccountName out in a new operation`,
    "missing-of-chart": `${account} is missing, and the hook of the chart names it: have the chart install it`,
    "not-allowed": `${account} is not released for operations: an administrator of the namespace runs ${label}, or leave spec.parameters.serviceAccountName out in a new operation`,
  }[problem];
  return {
    state: "failed",
    reason: "PreconditionFailed",
    message: `The ${message}.`,
  };
}
