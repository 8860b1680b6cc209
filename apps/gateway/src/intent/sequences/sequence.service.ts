import { Injectable } from "@nestjs/common";
import { DomainError, newId } from "@vworkspace/kernel";
import type { JsonObject } from "@vworkspace/resources";
import type { Stores } from "../../database/unit-of-work";
import type { Actor } from "../../trust/identity/domain/actor";
import { InstanceStore } from "../instances/domain/instance-store";
import { hasEnded as operationHasEnded } from "../operations/domain/operation";
import { requesterOf } from "../operations/domain/operation-request";
import {
  parametersTextProblem,
  refProblem,
} from "../operations/domain/operation-rules";
import { OperationStore } from "../operations/domain/operation-store";
import { requireTarget } from "../operations/operation-admission";
import { OperationService } from "../operations/operation.service";
import { canCancel } from "./domain/sequence.decide";
import {
  hasEnded,
  type Sequence,
  type SequenceDefinition,
  SequenceStore,
  type StepFact,
} from "./domain/sequence";
import { requireStep } from "./domain/sequence-template";
import { SequenceTemplates } from "./domain/sequence-templates";
import { admitSequence } from "./sequence-admission";
import { recordSequence } from "./sequence-evidence";
import { SequenceRunService } from "./sequence-run.service";
import { refTakenError, refuseProblem } from "../refusals";

export interface CreateSequence {
  readonly instanceId: string;
  readonly template: string;
  readonly parameters_json?: string;
  readonly external_ref?: string | null;
}

const MAX_NAME = 63;

/** Sequences of operations that the gateway drives: asked for once, looked through as a whole, then done step by step. */
@Injectable()
export class SequenceService {
  constructor(
    private readonly templates: SequenceTemplates,
    private readonly runs: SequenceRunService,
    private readonly operations: OperationService,
  ) {}

  /** Begins one. An equal repeat under the same external_ref answers with the one that is there. */
  async create(
    stores: Stores,
    actor: Actor,
    request: CreateSequence,
  ): Promise<string> {
    const { external_ref = null, parameters_json = "{}" } = request;
    refuseProblem(refProblem(external_ref));
    refuseProblem(parametersTextProblem(parameters_json));
    const existing = await this.existing(stores, request);
    if (existing) return existing.id;
    const definition = this.definitionOf(request.template, parameters_json);
    const target = await requireTarget(stores, request.instanceId);
    await refuseUnderway(stores, target);
    const instance = await stores.get(InstanceStore).find(target.id);
    if (!instance) throw new DomainError("not_found", "It is gone.");
    const approvals = await admitSequence(stores, definition, instance);
    const id = newId();
    const sequence: Sequence = {
      ...requesterOf(actor),
      id,
      name: sequenceName(target.name, request.template, id),
      template: request.template,
      definition,
      cluster_id: target.cluster_id,
      instance_id: target.id,
      copy_instance_id: null,
      parameters_json,
      steps: [],
      approvals,
      ...NOTHING_YET,
      external_ref,
    };
    if (!(await stores.get(SequenceStore).add(sequence)))
      throw underwayError(target.name, "another sequence");
    await recordSequence(stores, actor, sequence, {
      action: "sequence.create",
    });
    await this.runs.start(stores, actor.organizationId, sequence);
    return id;
  }

  /** Stops the step that runs, and then undoes what was done. */
  async cancel(stores: Stores, actor: Actor, id: string): Promise<void> {
    const sequence = await requireOpen(stores, id);
    if (sequence.cancel) return;
    const { definition, steps, cancel } = sequence;
    const isForward = canCancel({ ...definition, steps, cancel });
    if (!isForward || sequence.confirmed_at !== null)
      throw new DomainError(
        "validation_failed",
        `Sequence ${sequence.name} is being undone, or is through with what could be: let it come to its end (${sequence.progress}).`,
      );
    const now = await stores.get(OperationStore).now();
    const cancelled: Sequence = {
      ...sequence,
      cancel: true,
      steps: steps.map((fact) => boundedEnd(fact, now)),
    };
    await stores.get(SequenceStore).save(cancelled, 0);
    await recordSequence(stores, actor, cancelled, {
      action: "sequence.cancel",
    });
    await this.stopRunning(stores, actor, sequence);
  }

  /** Lets one go on that waits for a person's word. */
  async confirm(stores: Stores, actor: Actor, id: string): Promise<void> {
    const sequence = await requireOpen(stores, id);
    if (sequence.confirmed_at !== null) return;
    const running = sequence.steps.find(({ state }) => state === "running");
    const step =
      running && requireStep(sequence.definition.template, running.name);
    if (step?.wait !== "confirmed" || sequence.cancel)
      throw new DomainError(
        "validation_failed",
        `Sequence ${sequence.name} does not wait for a confirmation: it is ${sequence.state}${sequence.progress && `, ${sequence.progress}`}.`,
      );
    const confirmed: Sequence = {
      ...sequence,
      confirmed_by: actor.id,
      confirmed_at: await stores.get(OperationStore).now(),
    };
    await stores.get(SequenceStore).save(confirmed, 0);
    await recordSequence(stores, actor, confirmed, {
      action: "sequence.confirm",
    });
  }

  /** The caller's own mark is all of it that can be written. */
  async setExternalRef(
    stores: Stores,
    actor: Actor,
    id: string,
    externalRef: string | null,
  ): Promise<void> {
    refuseProblem(refProblem(externalRef));
    const store = stores.get(SequenceStore);
    const sequence = await requireSequence(stores, id);
    if (sequence.external_ref === externalRef) return;
    if (externalRef !== null && (await store.byExternalRef(externalRef)))
      throw refTakenError("sequence", externalRef);
    const marked = { ...sequence, external_ref: externalRef };
    await store.save(marked, hasEnded(sequence) ? null : 0);
    await recordSequence(stores, actor, marked, { action: "sequence.write" });
  }

  private definitionOf(name: string, text: string): SequenceDefinition {
    const { template, read } = this.templates.require(name);
    const result = read(JSON.parse(text) as JsonObject);
    if (result.problem !== undefined)
      throw new DomainError("validation_failed", result.problem);
    return { template, parameters: result.parameters };
  }

  private async existing(
    stores: Stores,
    {
      external_ref: ref,
      instanceId,
      template,
      parameters_json,
    }: CreateSequence,
  ): Promise<Sequence | undefined> {
    if (ref === undefined || ref === null) return undefined;
    const found = await stores.get(SequenceStore).byExternalRef(ref);
    const isSame =
      found?.instance_id === instanceId &&
      found.template === template &&
      found.parameters_json === (parameters_json ?? "{}");
    if (found && !isSame) throw refTakenError("sequence", ref);
    return found;
  }

  private async stopRunning(
    stores: Stores,
    actor: Actor,
    { steps }: Sequence,
  ): Promise<void> {
    const id = steps.find(({ state }) => state === "running")?.operation_id;
    const operation = id && (await stores.get(OperationStore).find(id));
    if (!operation || operationHasEnded(operation)) return;
    await this.operations.cancel(stores, actor, operation.id);
  }
}

const NOTHING_YET = {
  state: "requested",
  reason: "",
  message: "",
  progress: "",
  cancel: false,
  confirmed_by: null,
  confirmed_at: null,
} as const;

/** How long the end of what was told to stop is awaited: a cluster that is gone must not keep the rest from being undone. */
const STOP_SECONDS = 900;

function boundedEnd(fact: StepFact, now: Date): StepFact {
  if (fact.state !== "running") return fact;
  const deadline = new Date(now.getTime() + STOP_SECONDS * 1000).toISOString();
  return { ...fact, deadline };
}

function sequenceName(instance: string, template: string, id: string): string {
  const end = `-${template}-${id.slice(-8)}`;
  const room = Math.max(1, MAX_NAME - end.length);
  return `${instance.slice(0, room).replace(/-+$/, "")}${end}`;
}

async function refuseUnderway(
  stores: Stores,
  target: { readonly id: string; readonly name: string },
): Promise<void> {
  const other = await stores.get(SequenceStore).underway(target.id);
  if (other) throw underwayError(target.name, `sequence ${other.name}`);
}

function underwayError(name: string, other: string): DomainError {
  return new DomainError(
    "already_exists",
    `instance_id: ${other} of instance ${name} is under way: wait for its end, or cancel it.`,
  );
}

async function requireSequence(stores: Stores, id: string): Promise<Sequence> {
  const sequence = await stores.get(SequenceStore).lock(id);
  if (!sequence)
    throw new DomainError("not_found", "There is no such sequence.");
  return sequence;
}

async function requireOpen(stores: Stores, id: string): Promise<Sequence> {
  const sequence = await requireSequence(stores, id);
  if (hasEnded(sequence))
    throw new DomainError(
      "validation_failed",
      `Sequence ${sequence.name} is ${sequence.state}: it has ended.`,
    );
  return sequence;
}
