import type { KubeApi } from "@vworkspace/kube";
import {
  type ApplicationInstance,
  LABELS,
  RELEASE_SERVICE_ACCOUNT,
} from "@vworkspace/resources";
import type { Observation } from "./observation";

/**
 * A job may name any account, and Flux acts as it: only the one of the opt-in, or one that a person of the cluster has
 * labelled for it, is used.
 */
export async function readReleaseAccount(
  api: KubeApi,
  { spec, metadata }: ApplicationInstance,
): Promise<Observation["releaseAccount"]> {
  const name = spec.serviceAccountName ?? RELEASE_SERVICE_ACCOUNT;
  const account = await api.get({
    apiVersion: "v1",
    kind: "ServiceAccount",
    namespace: metadata.namespace ?? "",
    name,
  });
  if (account === undefined) return { name, problem: "missing" };
  const isAllowed =
    name === RELEASE_SERVICE_ACCOUNT ||
    account.metadata.labels?.[LABELS.releaseServiceAccount] === "true";
  return isAllowed ? undefined : { name, problem: "not-allowed" };
}
