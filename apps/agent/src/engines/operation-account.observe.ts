import type { KubeApi } from "@vworkspace/kube";
import {
  LABELS,
  OPERATION_RUNNER_SERVICE_ACCOUNT,
} from "@vworkspace/resources";
import type { AccountProblem } from "./operation-account.decide";

const SERVICE_ACCOUNT = { apiVersion: "v1", kind: "ServiceAccount" } as const;

/**
 * What is wrong with the account that an operation wants to run under. A job of the control plane may name any: only the
 * runner, or one that a person of the cluster has labelled for it, is used.
 */
export async function operationAccountProblem(
  api: Pick<KubeApi, "get">,
  namespace: string,
  name: string = OPERATION_RUNNER_SERVICE_ACCOUNT,
): Promise<AccountProblem | undefined> {
  const account = await api.get({ ...SERVICE_ACCOUNT, namespace, name });
  if (account === undefined) return { name, problem: "missing" };
  const isAllowed =
    name === OPERATION_RUNNER_SERVICE_ACCOUNT ||
    account.metadata.labels?.[LABELS.operationServiceAccount] === "true";
  return isAllowed ? undefined : { name, problem: "not-allowed" };
}

/** Whether the account that a chart's own pod names is there: without it the Job would wait without a word. */
export async function chartAccountProblem(
  api: Pick<KubeApi, "get">,
  namespace: string,
  name: string,
): Promise<AccountProblem | undefined> {
  const account = await api.get({ ...SERVICE_ACCOUNT, namespace, name });
  return account === undefined
    ? { name, problem: "missing-of-chart" }
    : undefined;
}
