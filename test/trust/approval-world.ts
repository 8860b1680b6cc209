import type { Requester } from "../../apps/gateway/src/intent/operations/domain/operation";
import type { Role } from "../../apps/gateway/src/trust/identity/domain/actor";
import { UserService } from "../../apps/gateway/src/trust/identity/user.service";
import { TestOperations } from "../db/test-operations";
import { type TestCluster, TestTenant } from "../db/test-tenant";
import type { ListedGateway } from "./listed-gateway";

/** An organization in which somebody has to agree to backups, with four eyes. */
export class ApprovalWorld {
  readonly tenant: TestTenant;
  readonly operations: TestOperations;
  readonly cluster: TestCluster;
  readonly organizationCode: string;
  private readonly instance: string;

  private constructor(
    readonly gateway: ListedGateway,
    made: Pick<
      ApprovalWorld,
      "tenant" | "operations" | "cluster" | "organizationCode"
    > & { readonly instance: string },
  ) {
    this.tenant = made.tenant;
    this.operations = made.operations;
    this.cluster = made.cluster;
    this.organizationCode = made.organizationCode;
    this.instance = made.instance;
  }

  static async make(gateway: ListedGateway): Promise<ApprovalWorld> {
    const tenant = await TestTenant.make(gateway);
    const cluster = await tenant.cluster();
    await tenant.allow({
      require_approval_for: ["Backup/*"],
      four_eyes: true,
    });
    const instance = await tenant.createInstance(cluster.id);
    const operations = new TestOperations(gateway, tenant, cluster);
    await operations.carry();
    const [row] = await gateway.look<{ code: string }>(
      "select code from organizations where id = $1",
      [tenant.organizationId],
    );
    const organizationCode = row?.code ?? "";
    const made = { tenant, operations, cluster, instance, organizationCode };
    return new ApprovalWorld(gateway, made);
  }

  async user(
    login: string,
    role: Role = "approver",
  ): Promise<{ readonly login: string; readonly key: string }> {
    const { organizationCode } = this;
    const users = this.gateway.get(UserService);
    const { key } = await users.add({ login, role, organizationCode });
    return { login, key };
  }

  /** A backup that waits for an approval, asked for by the organization's admin where nobody else is named. */
  async ask(
    requester?: Requester,
  ): Promise<{ readonly id: string; readonly number: number }> {
    const { id } = await this.operations.create(this.instance, {
      parameters_json: '{"ttl":"72h"}',
      ...(requester && { requester }),
    });
    const [row] = await this.gateway.look<{ number: number }>(
      "select number from operations where id = $1",
      [id],
    );
    return { id, number: row?.number ?? 0 };
  }

  async approvalOf(id: string): Promise<{
    readonly approval_state: string;
    readonly approval_method: string | null;
    readonly approval_claim: string | null;
    readonly state: string;
    readonly message: string;
  }> {
    const [row] = await this.gateway.look<{
      approval_state: string;
      approval_method: string | null;
      approval_claim: string | null;
      state: string;
      message: string;
    }>(
      "select approval_state, approval_method, approval_claim, state, message from operations where id = $1",
      [id],
    );
    if (row === undefined) throw new Error(`There is no operation ${id}.`);
    return row;
  }
}
