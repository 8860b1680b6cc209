import { DomainError } from "@vworkspace/kernel";
import type { Stores } from "../../database/unit-of-work";
import type { CatalogEntry } from "../catalog/domain/catalog-entry";
import { type Policy, PolicyStore } from "../policies/domain/policy";
import { decidePolicy } from "../policies/domain/policy.decide";
import type { InstanceIntent } from "./domain/instance";
import { intentProblem } from "./domain/instance-rules";
import { InstanceStore } from "./domain/instance-store";

/** An intent that is to be deployed. */
export interface Admission {
  readonly clusterId: string;
  readonly intent: InstanceIntent;
  readonly entry: CatalogEntry;
}

/** Lets a new instance through, or says why not. Policies that limit instances are held, so that none slips in beside. */
export async function admitNew(
  stores: Stores,
  admission: Admission,
): Promise<void> {
  refuseProblem(admission);
  const policies = await stores
    .get(PolicyStore)
    .lockApplicable(admission.clusterId);
  const counts = new Map<Policy, number>();
  if (!(await isRepeat(stores, admission))) {
    const limiting = policies.filter((policy) => policy.max_instances !== null);
    for (const policy of limiting) {
      const count = await stores.get(InstanceStore).count(policy.cluster_id);
      counts.set(policy, count);
    }
  }
  refuseByPolicy(admission, policies, counts);
}

/** Lets a change of an instance through, or says why not. */
export async function admitChange(
  stores: Stores,
  admission: Admission,
): Promise<void> {
  refuseProblem(admission);
  const policies = await stores
    .get(PolicyStore)
    .applicable(admission.clusterId);
  refuseByPolicy(admission, policies, new Map());
}

function refuseProblem({ intent, entry }: Admission): void {
  const problem = intentProblem(intent, entry);
  if (problem !== undefined)
    throw new DomainError("validation_failed", problem);
}

/** A create of what lives there already adds nothing: it is answered with that, or refused for another reason. */
async function isRepeat(
  stores: Stores,
  { clusterId, intent }: Admission,
): Promise<boolean> {
  const { namespace, name } = intent;
  const living = await stores
    .get(InstanceStore)
    .lockLiveAt({ clusterId, namespace, name });
  return living !== undefined;
}

function refuseByPolicy(
  { intent, entry }: Admission,
  policies: readonly Policy[],
  counts: ReadonlyMap<Policy, number>,
): void {
  const refusal = decidePolicy(policies, {
    namespace: intent.namespace,
    catalogCode: entry.code,
    chartUrl: entry.chart_url,
    chartVersion: intent.chart_version,
    instances: (policy) => counts.get(policy),
  });
  if (!refusal) return;
  const { message, ...details } = refusal;
  throw new DomainError("policy_denied", message, { details });
}
