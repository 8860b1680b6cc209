import {
  KindMissingError,
  type KubeApi,
  KubeError,
  type KubeObject,
  refOf,
} from "@vworkspace/kube";
import {
  ADMISSION_USERS,
  admissionPolicies,
  ANNOTATIONS,
} from "@vworkspace/resources";
import { AGENT_PERMISSIONS } from "../permissions/agent-permissions";
import { agentRbac } from "../permissions/agent-rbac";
import { NAMESPACE } from "../watches/watched-kinds";
import { eventually } from "../../../../test/cluster/eventually";
import { instanceManifest } from "./instance-manifest";

const ADMIN = { fieldManager: "admin" };

/**
 * What deploy/ puts into a cluster for the agent, without the agent: its namespace, its roles and the admission policies
 * where the server evaluates them. The agents of a spec then may do what the roles and the policies let them, and no more.
 */
export class AgentInstallation {
  /** @param hasPolicies whether the server evaluates ValidatingAdmissionPolicies */
  constructor(
    private readonly admin: KubeApi,
    private readonly agent: KubeApi,
    private readonly hasPolicies: boolean,
  ) {}

  /** After our CustomResourceDefinitions. */
  async install(): Promise<void> {
    const metadata = { name: ADMISSION_USERS.agentNamespace };
    const namespace = { apiVersion: "v1", kind: "Namespace", metadata };
    for (const object of [namespace, ...this.objects()])
      await this.admin.apply(object, { ...ADMIN, force: true });
    await eventually("the agent's roles count", () => this.hasRights());
    if (this.hasPolicies)
      await eventually("the policies count", () => this.isFenced(), 60_000);
  }

  /** The server may be shared: others expect it without. */
  async remove(): Promise<void> {
    for (const object of [...this.objects()].reverse())
      await this.admin.delete(refOf(object));
    await eventually(
      "the agent has no rights",
      async () => !(await this.hasRights()),
    );
    if (this.hasPolicies)
      await eventually(
        "the policies are gone",
        async () => !(await this.isFenced()),
        60_000,
      );
  }

  private objects(): readonly KubeObject[] {
    const { agentNamespace } = ADMISSION_USERS;
    const roles = agentRbac(AGENT_PERMISSIONS, agentNamespace);
    const policies = this.hasPolicies ? admissionPolicies() : [];
    return [
      ...roles.map(({ manifest }) => manifest),
      ...policies.flatMap(({ manifests }) =>
        manifests.map((manifest) => manifest as unknown as KubeObject),
      ),
    ];
  }

  private async hasRights(): Promise<boolean> {
    return !(await isForbidden(this.agent.list(NAMESPACE)));
  }

  /** An administrator stamps no generation, where there are policies. */
  private isFenced(): Promise<boolean> {
    const manifest = instanceManifest("default", "probe") as KubeObject;
    const annotations = { [ANNOTATIONS.intentGeneration]: "1" };
    const metadata = { ...manifest.metadata, annotations };
    const stamped = { ...manifest, metadata };
    return isForbidden(this.admin.apply(stamped, { ...ADMIN, dryRun: true }));
  }
}

async function isForbidden(attempt: Promise<unknown>): Promise<boolean> {
  try {
    await attempt;
    return false;
  } catch (error) {
    // A spec may have taken our kinds away, and with them whatever guards them.
    if (error instanceof KindMissingError) return false;
    if (error instanceof KubeError && error.status === 403) return true;
    throw error;
  }
}
