import { JobService } from "../../apps/gateway/src/delivery/jobs/job.service";
import type { CreateOperation } from "../../apps/gateway/src/intent/operations/domain/operation-request";
import { OperationService } from "../../apps/gateway/src/intent/operations/operation.service";
import { EventService } from "../../apps/gateway/src/observed/events/event.service";
import { UserService } from "../../apps/gateway/src/trust/identity/user.service";
import type {
  Role,
  UserActor,
} from "../../apps/gateway/src/trust/identity/domain/actor";
import type { PolicyFields } from "../../apps/gateway/src/intent/policies/domain/policy";
import { type TestCluster, type TenantHost, TestTenant } from "./test-tenant";

/** What of an operation's row tests look at. */
export interface OperationRow {
  readonly id: string;
  readonly name: string;
  readonly state: string;
  readonly reason: string;
  readonly message: string;
  readonly upgrade: string;
  readonly generation: string;
}

/** Operations of a test's tenant on one cluster, from both sides: who asks for them, and the agent that tells of them. */
export class TestOperations {
  private seconds = 0;

  constructor(
    private readonly db: TenantHost,
    readonly tenant: TestTenant,
    readonly cluster: TestCluster,
  ) {}

  /** Of an organization of their own, with one cluster. */
  static async make(db: TenantHost): Promise<TestOperations> {
    const tenant = await TestTenant.make(db);
    return new TestOperations(db, tenant, await tenant.cluster());
  }

  /** What they are about: an instance that policy allows, and that the cluster has. */
  async instance(limits: Partial<PolicyFields> = {}): Promise<string> {
    await this.tenant.allow(limits);
    const id = await this.tenant.createInstance(this.cluster.id);
    await this.carry();
    return id;
  }

  create(instanceId: string, more: Partial<CreateOperation> = {}) {
    const request = { type: "Backup", engine: "velero" } as const;
    return this.tenant.in((stores) =>
      this.db
        .get(OperationService)
        .create(stores, this.tenant.actor, { ...request, ...more, instanceId }),
    );
  }

  async rows(): Promise<readonly OperationRow[]> {
    return this.db.look(
      "select id, name, state, reason, message, upgrade, generation from operations where organization_id = $1 order by id",
      [this.tenant.organizationId],
    );
  }

  async row(id: string): Promise<OperationRow> {
    const row = (await this.rows()).find((one) => one.id === id);
    if (row === undefined) throw new Error(`There is no operation ${id}.`);
    return row;
  }

  /** Jobs as the agent gets them, each settled at once. */
  async carry() {
    const jobs = this.db.get(JobService);
    const { principal } = this.cluster;
    const offered = await jobs.claim(principal, true);
    for (const { id } of offered)
      await jobs.settle(principal, id, {
        outcome: "succeeded",
        timestamp: this.next(),
      });
    return offered;
  }

  /** The agent tells conditions such as "Running True EngineStarted", of the newest generation. */
  async tell(
    id: string,
    conditions: readonly string[],
    more: object = {},
  ): Promise<void> {
    const { name, generation } = await this.row(id);
    const event = {
      kind: "ConditionTransition",
      resourceRef: this.refOf(name, Number(generation)),
      conditions: conditions.map((text) => {
        const [type, status, reason = "", ...message] = text.split(" ");
        return { type, status, reason, message: message.join(" ") };
      }),
      timestamp: this.next(),
      ...more,
    };
    const { principal } = this.cluster;
    const { rejected } = await this.db
      .get(EventService)
      .ingest(principal, [event]);
    if (rejected.length > 0) throw new Error(rejected[0]?.reason);
  }

  /** The agent lists all there is, now: whatever was told before is older. */
  async list(items: readonly object[]): Promise<void> {
    await this.db.get(EventService).ingest(this.cluster.principal, [
      {
        kind: "ClusterSnapshot",
        resourceRef: {},
        timestamp: new Date().toISOString(),
        snapshot: { id: "listed", page: 0, last: true, items },
      },
    ]);
  }

  async userOf(role: Role): Promise<UserActor> {
    const [organization] = await this.db.look<{ code: string }>(
      "select code from organizations where id = $1",
      [this.tenant.organizationId],
    );
    const login = `${role}@example.com`;
    const users = this.db.get(UserService);
    const { key } = await users.add({
      login,
      role,
      organizationCode: organization?.code ?? "",
    });
    const actor = await users.authenticate(login, key);
    if (!actor) throw new Error(`${login} can't sign in.`);
    return actor;
  }

  private refOf(name: string, intentGeneration: number) {
    return {
      apiVersion: "ops.vworkspace.io/v1alpha1",
      kind: "Operation",
      namespace: "prod",
      name,
      uid: `u-${name}`,
      intentGeneration,
    };
  }

  /** Later than everything before, and in the past. */
  private next(): string {
    this.seconds += 1;
    return new Date(Date.UTC(2026, 0, 1) + this.seconds * 1000).toISOString();
  }
}
