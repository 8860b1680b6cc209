import { JobService } from "../../apps/gateway/src/delivery/jobs/job.service";
import type { Stores } from "../../apps/gateway/src/database/unit-of-work";
import type {
  SequenceDefinition,
  StepFact,
} from "../../apps/gateway/src/intent/sequences/domain/sequence";
import { requireStep } from "../../apps/gateway/src/intent/sequences/domain/sequence-template";
import { SequenceRunService } from "../../apps/gateway/src/intent/sequences/sequence-run.service";
import {
  type CreateSequence,
  SequenceService,
} from "../../apps/gateway/src/intent/sequences/sequence.service";
import { EventService } from "../../apps/gateway/src/observed/events/event.service";
import type { Actor } from "../../apps/gateway/src/trust/identity/domain/actor";
import type { TestCluster, TenantHost, TestTenant } from "./test-tenant";

/** What of a sequence's row tests look at. */
export interface SequenceRow {
  readonly id: string;
  readonly name: string;
  readonly state: string;
  readonly reason: string;
  readonly message: string;
  readonly progress: string;
  readonly copy: string | null;
  readonly steps: readonly StepFact[];
  readonly approvals: readonly string[];
}

interface Placed {
  readonly id: string;
  readonly name: string;
  readonly namespace: string;
  readonly cluster_id: string;
  readonly generation: string;
  readonly state: string;
  readonly suspended: boolean;
}

const API = {
  operations: {
    apiVersion: "ops.vworkspace.io/v1alpha1",
    kind: "Operation",
  },
  application_instances: {
    apiVersion: "apps.vworkspace.io/v1alpha1",
    kind: "ApplicationInstance",
  },
} as const;

/** What the catalog entry of the built-in templates has to name. */
const CAPABILITIES = {
  backup: "velero,snapshot",
  restore: "snapshot",
  upgrade: "helm",
  migration: "velero",
  "run-command": "helmHookJob,job",
};

const OUTPUTS = { backupName: "op-1", volumeSnapshotName: "op-2" };

/** Sequences of a test's tenant from all sides: who asks for them, the sweep, and the agents of its clusters. */
export class TestSequences {
  private seconds = 0;

  constructor(
    private readonly db: TenantHost,
    private readonly tenant: TestTenant,
    private readonly clusters: readonly TestCluster[],
  ) {}

  /** Lets agents accept what the built-in templates do. */
  async prepare(): Promise<void> {
    await this.db.look(
      "update catalog_entries set capabilities = $2 where organization_id = $1",
      [this.tenant.organizationId, CAPABILITIES],
    );
  }

  create(request: CreateSequence, actor: Actor = this.tenant.actor) {
    return this.tenant.in((stores) =>
      this.db.get(SequenceService).create(stores, actor, request),
    );
  }

  order(
    work: (
      service: SequenceService,
      stores: Stores,
      actor: Actor,
    ) => Promise<void>,
  ): Promise<void> {
    return this.tenant.in((stores) =>
      work(this.db.get(SequenceService), stores, this.tenant.actor),
    );
  }

  /** All are due, as if time had passed. */
  async comeDue(): Promise<void> {
    await this.db.look(
      "update operation_sequences set next_look = now() where organization_id = $1 and next_look is not null",
      [this.tenant.organizationId],
    );
  }

  async sweep(): Promise<void> {
    await this.comeDue();
    await this.db.get(SequenceRunService).sweep();
  }

  /** One transaction of the sweep, on the gateway that is given. */
  async advance(id: string, host: Pick<TenantHost, "get"> = this.db) {
    await this.comeDue();
    const { organizationId } = this.tenant;
    return host.get(SequenceRunService).advance({ organizationId, id });
  }

  async row(id: string): Promise<SequenceRow> {
    const [row] = await this.db.look<SequenceRow>(
      "select id, name, state, reason, message, progress, copy_instance_id as copy, steps, approvals from operation_sequences where id = $1",
      [id],
    );
    if (row === undefined) throw new Error(`There is no sequence ${id}.`);
    return row;
  }

  async instance(id: string): Promise<Placed> {
    return this.placed("application_instances", id);
  }

  /** Operations of a sequence, oldest first. */
  operations(id: string): Promise<readonly (Placed & { step: string })[]> {
    return this.db.look(
      "select id, name, namespace, cluster_id, generation, state, sequence_step as step from operations where sequence_id = $1 order by id",
      [id],
    );
  }

  /** The step that runs. */
  async running(id: string): Promise<StepFact | undefined> {
    const { steps } = await this.row(id);
    return steps.find(({ state }) => state === "running");
  }

  /** Agents do what they are told of deletions; all other jobs are settled too. */
  async carry(): Promise<void> {
    for (const { principal } of this.clusters) {
      const jobs = this.db.get(JobService);
      for (const { id } of await jobs.claim(principal, true))
        await jobs.settle(principal, id, {
          outcome: "succeeded",
          timestamp: this.next(),
        });
    }
  }

  /** The agent tells conditions such as "Running True EngineStarted" of an operation. */
  tell(
    operationId: string,
    conditions: readonly string[],
    outputs: object = OUTPUTS,
  ): Promise<void> {
    const phase = conditions[0]?.split(" ")[0];
    return this.report("operations", operationId, conditions, {
      detail: { operation: { phase, outputs } },
    });
  }

  /** The agent tells conditions of an instance. */
  see(instanceId: string, conditions: readonly string[]): Promise<void> {
    return this.report("application_instances", instanceId, conditions);
  }

  /**
   * Plays the agents until the sequence has ended or a step stays as it is: operations run and succeed, instances become what
   * is waited for, somebody confirms.
   * @param answers by the step's name, in place of that: what is done about it, and nothing else
   */
  async play(
    id: string,
    answers: Readonly<Record<string, (fact: StepFact) => Promise<void>>> = {},
  ): Promise<SequenceRow> {
    const answered = new Set<string>();
    for (;;) {
      await this.sweep();
      const fact = await this.running(id);
      if (fact === undefined) await this.carry();
      if (fact === undefined || answered.has(fact.name)) return this.row(id);
      answered.add(fact.name);
      await (answers[fact.name] ?? ((one) => this.succeed(id, one)))(fact);
      await this.carry();
    }
  }

  async succeed(id: string, fact: StepFact): Promise<void> {
    const { operation_id: operation } = fact;
    if (operation !== undefined) {
      await this.tell(operation, ["Running True EngineStarted"]);
      await this.tell(operation, ["Succeeded True EngineCompleted"]);
      return;
    }
    if (fact.name === "confirm")
      return this.order((service, stores, actor) =>
        service.confirm(stores, actor, id),
      );
    await this.satisfy(id, fact);
  }

  async fail(fact: StepFact): Promise<void> {
    const operation = fact.operation_id ?? "";
    await this.tell(operation, ["Running True EngineStarted"]);
    await this.tell(operation, ["Failed True EngineFailed it broke"]);
  }

  /** Somebody cancels the sequence; the agent stops what runs. */
  async cancel(id: string, fact: StepFact): Promise<void> {
    if (fact.operation_id !== undefined)
      await this.tell(fact.operation_id, ["Running True EngineStarted"]);
    await this.order((service, stores, actor) =>
      service.cancel(stores, actor, id),
    );
    if (fact.operation_id !== undefined)
      await this.tell(fact.operation_id, ["Cancelled True UserCancelled"]);
  }

  private async satisfy(id: string, fact: StepFact): Promise<void> {
    const [row] = await this.db.look<{
      definition: SequenceDefinition;
      copy: string | null;
      instance: string;
    }>(
      "select definition, copy_instance_id as copy, instance_id as instance from operation_sequences where id = $1",
      [id],
    );
    if (row === undefined) throw new Error(`There is no sequence ${id}.`);
    const step = requireStep(row.definition.template, fact.name);
    const target = (step.on === "copy" ? row.copy : row.instance) ?? "";
    // What was told stays until the same condition is told anew.
    if (step.wait === "ready")
      await this.see(target, ["Ready True Fine", "Suspended False Active"]);
    if (step.wait === "suspended")
      await this.see(target, ["Suspended True ManuallySuspended"]);
  }

  private async placed(table: keyof typeof API, id: string): Promise<Placed> {
    const suspended =
      table === "operations" ? "cancel as suspended" : "suspended";
    const [row] = await this.db.look<Placed>(
      `select id, name, namespace, cluster_id, generation, state, ${suspended} from ${table} where id = $1`,
      [id],
    );
    if (row === undefined) throw new Error(`${table} has no ${id}.`);
    return row;
  }

  private async report(
    table: keyof typeof API,
    id: string,
    conditions: readonly string[],
    more: object = {},
  ): Promise<void> {
    const { name, namespace, generation, cluster_id } = await this.placed(
      table,
      id,
    );
    const cluster = this.clusters.find((one) => one.id === cluster_id);
    if (cluster === undefined) throw new Error(`No cluster ${cluster_id}.`);
    const uid = `u-${id}`;
    const intentGeneration = Number(generation);
    const event = {
      kind: "ConditionTransition",
      resourceRef: { ...API[table], namespace, name, uid, intentGeneration },
      conditions: conditions.map((text) => {
        const [type, status, reason = "", ...message] = text.split(" ");
        return { type, status, reason, message: message.join(" ") };
      }),
      timestamp: this.next(),
      ...more,
    };
    const { rejected } = await this.db
      .get(EventService)
      .ingest(cluster.principal, [event]);
    if (rejected.length > 0) throw new Error(rejected[0]?.reason);
  }

  /** Later than everything before, and in the past. */
  private next(): string {
    this.seconds += 1;
    return new Date(Date.UTC(2026, 1, 1) + this.seconds * 1000).toISOString();
  }
}
