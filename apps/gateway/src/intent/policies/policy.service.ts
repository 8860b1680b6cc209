import { Injectable } from "@nestjs/common";
import { DomainError, newId } from "@vworkspace/kernel";
import type { Stores } from "../../database/unit-of-work";
import { ClusterService } from "../../fleet/clusters/cluster.service";
import { AuditStore } from "../../trust/audit/domain/audit-store";
import type { Actor } from "../../trust/identity/domain/actor";
import { type Policy, type PolicyFields, PolicyStore } from "./domain/policy";
import { confirmationProblem, policyProblem } from "./domain/policy-rules";
import {
  type ExternalMarks,
  isOutdated,
  markProblem,
  NO_MARKS,
} from "../external-marks";

const DEFAULTS: PolicyFields = {
  name: "Policy",
  cluster_id: null,
  allowed_namespaces: [],
  allowed_catalog_codes: [],
  allowed_chart_url_prefixes: [],
  allowed_operations: [],
  require_approval_for: [],
  four_eyes: false,
  confirm_registration: false,
  maintenance_windows: [],
  max_instances: null,
  version_constraint: null,
};

/** Policies: one for the organization, and at most one more for each cluster. */
@Injectable()
export class PolicyService {
  constructor(private readonly clusters: ClusterService) {}

  async create(
    stores: Stores,
    actor: Actor,
    fields: Partial<PolicyFields & ExternalMarks>,
  ): Promise<Policy> {
    const policy: Policy = {
      ...DEFAULTS,
      ...NO_MARKS,
      ...fields,
      id: newId(),
    };
    await this.check(stores, policy);
    if (!(await stores.get(PolicyStore).add(policy))) {
      throw new DomainError(
        "already_exists",
        `cluster_id: there is a policy for ${policy.cluster_id === null ? "the organization" : "this cluster"}; write to it instead.`,
      );
    }
    await this.record(stores, actor, "policy.create", policy);
    return policy;
  }

  /** Changes what is allowed from now on; what runs already stays. */
  async write(
    stores: Stores,
    actor: Actor,
    id: string,
    changes: Partial<PolicyFields & ExternalMarks>,
  ): Promise<void> {
    const policy = await this.require(stores, id);
    if (isOutdated(policy, changes)) return;
    const changed = { ...policy, ...changes, id };
    await this.check(stores, changed);
    await stores.get(PolicyStore).save(changed);
    await this.record(stores, actor, "policy.write", changed);
  }

  /** The same for a bridge, whose key may not do away with an admin's word on agents that register. */
  async writeAsBridge(
    stores: Stores,
    actor: Actor,
    id: string,
    changes: Partial<PolicyFields & ExternalMarks>,
  ): Promise<void> {
    const policy = await this.require(stores, id);
    requireConfirmationKept(policy, { ...policy, ...changes });
    await this.write(stores, actor, id, changes);
  }

  /** @param version of a bridge; one that isn't above the known one removes nothing */
  async removeAsBridge(
    stores: Stores,
    actor: Actor,
    id: string,
    version: number,
  ): Promise<void> {
    const policy = await this.require(stores, id);
    if (isOutdated(policy, { intent_version: version })) return;
    requireConfirmationKept(policy, { ...policy, confirm_registration: false });
    await this.remove(stores, actor, id);
  }

  /** Takes a policy away for good. The others go on: where none is left nothing may be deployed. */
  async remove(stores: Stores, actor: Actor, id: string): Promise<void> {
    const policy = await this.require(stores, id);
    await stores.get(PolicyStore).remove(id);
    await this.record(stores, actor, "policy.unlink", policy);
  }

  private async check(stores: Stores, policy: Policy): Promise<void> {
    const problem = markProblem(policy) ?? policyProblem(policy);
    if (problem !== undefined)
      throw new DomainError("validation_failed", problem);
    if (policy.cluster_id !== null)
      await this.clusters.require(stores, policy.cluster_id);
  }

  private async require(stores: Stores, id: string): Promise<Policy> {
    const policy = await stores.get(PolicyStore).lock(id);
    if (!policy) throw new DomainError("not_found", "There is no such policy.");
    return policy;
  }

  private record(
    stores: Stores,
    actor: Actor,
    action: string,
    policy: Policy,
  ): Promise<void> {
    const { id, name, ...detail } = policy;
    return stores
      .get(AuditStore)
      .append(actor, { action, subject: { type: "policy", id, name }, detail });
  }
}

function requireConfirmationKept(
  before: PolicyFields,
  after: PolicyFields,
): void {
  const problem = confirmationProblem(before, after);
  if (problem !== undefined) throw new DomainError("forbidden", problem);
}
