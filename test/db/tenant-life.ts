import { makeCertificateRequest } from "../../apps/agent/src/control-plane/certificate-request";
import { makeModels } from "../../apps/gateway/src/api/odoo/models/make-models";
import { RecordStore } from "../../apps/gateway/src/database/records/record-store";
import { DesiredObjectStore } from "../../apps/gateway/src/delivery/domain/desired-object-store";
import { JobService } from "../../apps/gateway/src/delivery/jobs/job.service";
import { SweepService } from "../../apps/gateway/src/delivery/sweep/sweep.service";
import { ClusterService } from "../../apps/gateway/src/fleet/clusters/cluster.service";
import { CredentialService } from "../../apps/gateway/src/fleet/clusters/credential.service";
import { InstanceService } from "../../apps/gateway/src/intent/instances/instance.service";
import { MutationService } from "../../apps/gateway/src/intent/mutations/mutation.service";
import { EventStore } from "../../apps/gateway/src/observed/events/domain/event-store";
import { EventService } from "../../apps/gateway/src/observed/events/event.service";
import { ApiKeyService } from "../../apps/gateway/src/trust/identity/api-key.service";
import { UserAdminService } from "../../apps/gateway/src/trust/identity/user-admin.service";
import { IdentityLinkService } from "../../apps/gateway/src/trust/people/identity-link.service";
import type { TestDatabase } from "./open-test-database";
import { OdooLife } from "./odoo-life";
import { OperationsLife } from "./operations-life";
import { BARE_PROOF, type TestCluster, type TestTenant } from "./test-tenant";

const API = "apps.vworkspace.io/v1alpha1";
const KIND = "ApplicationInstance";
const AT = Date.UTC(2026, 0, 1);

/** What an organization does in a life, so that each statement of its stores is sent at least once. */
export class TenantLife {
  private cluster!: TestCluster;
  private seconds = 0;

  constructor(
    private readonly db: TestDatabase,
    private readonly tenant: TestTenant,
  ) {}

  async live(): Promise<void> {
    await this.tenant.allow({
      max_instances: 100,
      allowed_operations: ["*/*"],
      require_approval_for: ["Restore/*"],
    });
    this.cluster = await this.tenant.cluster();
    await this.employ();
    const instance = await this.deploy();
    await this.observe();
    await new OperationsLife(this.db, this.tenant, this.cluster).live(instance);
    await this.replace(instance);
    await this.sweep();
    await new OdooLife(this.db, this.tenant).live(instance);
    await this.renew();
    await this.tenant.in((stores) => this.readAll(stores.get(RecordStore)));
  }

  private async employ(): Promise<void> {
    const { tenant, db, cluster } = this;
    await tenant.signIn();
    await tenant.in(async (stores) => {
      const users = db.get(UserAdminService);
      const login = "ben@example.com";
      const user = { login, name: login, role: "reader" } as const;
      const id = await users.create(stores, tenant.actor, user);
      const request = { name: "x", scopes: ["all"], days: undefined };
      const keys = db.get(ApiKeyService);
      const key = await keys.issue(stores, tenant.actor, id, request);
      await keys.revoke(stores, tenant.actor, key.id);
      await users.change(stores, tenant.actor, id, { role: "operator" });
      const links = db.get(IdentityLinkService);
      const person = { issuer: "https://login.example.com/", subject: login };
      await links.link(stores, tenant.actor, id, person);
      await links.unlink(stores, tenant.actor, id, person);
      const clusters = db.get(ClusterService);
      await clusters.rename(stores, tenant.actor, cluster.id, "Renamed");
      await clusters.disable(stores, tenant.actor, cluster.id);
      await clusters.enable(stores, tenant.actor, cluster.id);
    });
    const once = { method: "x.write", call: {}, requestId: "once" };
    const work = () => Promise.resolve(1);
    await db.get(MutationService).run(tenant.actor, once, work);
    await db.get(MutationService).run(tenant.actor, once, work);
  }

  /** An instance that was delivered, changed and taken back, with an order to the agent beside it. */
  private async deploy(): Promise<string> {
    const { db, tenant, cluster } = this;
    const instances = db.get(InstanceService);
    const origin = { external_ref: "so-1" };
    const id = await tenant.createInstance(cluster.id, origin);
    await tenant.createInstance(cluster.id, origin);
    await this.carry("succeeded");
    await tenant.in(async (stores) => {
      const { actor } = tenant;
      await instances.write(stores, actor, id, { values_json: '{"size":2}' });
      await instances.rollback(stores, actor, id);
      await instances.suspend(stores, actor, id, true);
      await db
        .get(JobService)
        .orderIntent(stores, actor, cluster.id, "rotate-operator-credentials");
    });
    await this.carry("failed");
    return id;
  }

  /** The agent's way with every job that is offered. */
  private async carry(outcome: "succeeded" | "failed"): Promise<void> {
    const jobs = this.db.get(JobService);
    const { principal } = this.cluster;
    const timestamp = this.next();
    for (const { id } of await jobs.claim(principal, true)) {
      await jobs.ack(principal, id);
      await jobs.report(principal, id, { phase: "applying", timestamp });
      await jobs.settle(principal, id, {
        outcome,
        timestamp,
        ...(outcome === "failed" && { error: "no" }),
      });
      await jobs.ack(principal, id).catch(() => undefined);
    }
  }

  /** Events that are new, repeated, wrong, and of the cluster itself; a snapshot with more than was issued, and an empty one. */
  private async observe(): Promise<void> {
    const { db, tenant, cluster } = this;
    const ingest = (...events: object[]) =>
      db.get(EventService).ingest(cluster.principal, events);
    const told = this.transition("shop");
    await ingest(told, this.transition("stranger"), { kind: 1 });
    await ingest(told);
    await ingest({
      kind: "ClusterHeartbeat",
      agentVersion: "1",
      ...this.own(),
    });
    await ingest({
      kind: "ConditionTransition",
      conditions: [{ type: "Ready", status: "True" }],
      ...this.own(),
    });
    await ingest(this.snapshot("s-1", [this.seen("shop", 90)]));
    await ingest(this.snapshot("s-2", []));
    // Asked for only by a cluster that has filled its place.
    await tenant.in((stores) =>
      stores.get(EventStore).forgetAbsent(cluster.id),
    );
  }

  /** It is deleted, and another one of its name waits for that. */
  private async replace(id: string): Promise<void> {
    const { db, tenant, cluster } = this;
    await tenant.in((stores) =>
      db.get(InstanceService).remove(stores, tenant.actor, id),
    );
    await db.get(JobService).claim(cluster.principal, true);
    await tenant.createInstance(cluster.id);
    await this.carry("succeeded");
  }

  /** One job's time is over, and one object's pause. */
  private async sweep(): Promise<void> {
    const { db, tenant } = this;
    const id = [tenant.organizationId];
    await db.look(
      "update jobs set expires_at = now() where organization_id = $1",
      id,
    );
    await db.get(SweepService).sweep();
    await db.look(
      "update desired_objects set reissue_at = now() where organization_id = $1",
      id,
    );
    await db.get(SweepService).sweep();
    await tenant.in((stores) =>
      stores.get(DesiredObjectStore).settledGenerations([this.object("shop")]),
    );
  }

  /** The credential is rotated, twice by the former one, which betrays a copy; and the cluster is revoked. */
  private async renew(): Promise<void> {
    const { db, tenant, cluster } = this;
    const credentials = db.get(CredentialService);
    const clusters = db.get(ClusterService);
    const { csr } = await makeCertificateRequest();
    const rotate = () =>
      credentials.rotate(cluster.principal, { csr }, BARE_PROOF);
    const { token } = await rotate();
    await credentials.authenticate(token, BARE_PROOF);
    await rotate().catch(() => undefined);
    await credentials.requireLive(cluster.principal);
    await tenant.in(async (stores) => {
      const { actor } = tenant;
      await clusters.setTokenMode(stores, actor, cluster.id, "mtls");
      await clusters.revoke(stores, actor, cluster.id);
    });
  }

  private async readAll(records: RecordStore): Promise<void> {
    const { irModel: _memory, ...models } = makeModels(120);
    for (const model of Object.values(models)) {
      const numbers = await records.search(model, { limit: 1000 });
      await records.count(model, undefined, 1000);
      await records.read(model, model.fields, numbers);
      await records.keysOf(model, numbers);
    }
  }

  private object(name: string) {
    const place = { apiVersion: API, kind: KIND, namespace: "prod", name };
    return { clusterId: this.cluster.id, ...place };
  }

  private seen(name: string, intentGeneration: number) {
    const { clusterId: _id, ...place } = this.object(name);
    const uid = `u-${name}`;
    const resourceRef = { ...place, uid, intentGeneration };
    return { resourceRef, uid, intentGeneration };
  }

  private transition(name: string) {
    return {
      kind: "ConditionTransition",
      eventKey: `condition/${name}`,
      resourceRef: this.seen(name, 1).resourceRef,
      conditions: [{ type: "Ready", status: "True" }],
      timestamp: this.next(),
    };
  }

  /** About the cluster itself. */
  private own() {
    const { code: name } = this.cluster;
    const apiVersion = "ops.vworkspace.io/v1alpha1";
    const resourceRef = { apiVersion, kind: "Cluster", name };
    return { resourceRef, timestamp: this.next() };
  }

  private snapshot(id: string, items: readonly object[]) {
    return {
      kind: "ClusterSnapshot",
      ...this.own(),
      snapshot: { id, page: 0, last: true, items },
    };
  }

  private next(): string {
    this.seconds += 1;
    return new Date(AT + this.seconds * 1000).toISOString();
  }
}
