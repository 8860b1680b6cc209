import { Injectable } from "@nestjs/common";
import { DomainError } from "@vworkspace/kernel";
import type { JsonObject } from "@vworkspace/resources";
import type { Stores } from "../../database/unit-of-work";
import type { Actor } from "../../trust/identity/domain/actor";
import type { Instance } from "../instances/domain/instance";
import { InstanceStore } from "../instances/domain/instance-store";
import {
  formerIntent,
  IntentHistoryStore,
  isSameApplication,
} from "../instances/domain/intent-history";
import { InstanceService } from "../instances/instance.service";
import { OperationStore } from "../operations/domain/operation-store";
import { OperationService } from "../operations/operation.service";
import { requesterActor } from "../operations/requester-actor";
import type { Sequence, StepFact } from "./domain/sequence";
import type { NextAction, Phase } from "./domain/sequence.decide";
import { copyWish, scopeOf } from "./domain/sequence-scope";
import type { SequenceStep } from "./domain/sequence-template";
import { type Scope, substitute, substituteFields } from "./domain/substitute";
import {
  copyIntent,
  intentOfStep,
  requireCopyCluster,
  requireEntry,
  requireFreePlace,
} from "./sequence-admission";

/** A step that was begun, and what the sequence knows more by it. */
export interface Begun {
  readonly fact: StepFact;
  readonly copyId?: string;
}

/** What is begun, and in which part of the sequence. */
type Beginning = Pick<Extract<NextAction, { do: "begin" }>, "step" | "phase">;

/** For what comes before an operation starts, and for the news of its end. */
const SLACK_SECONDS = 900;

interface Work {
  readonly stores: Stores;
  readonly sequence: Sequence;
  readonly step: SequenceStep;
  readonly phase: Phase;
  /** What the sequence is about. */
  readonly source: Instance;
  readonly scope: Scope;
  /** The database's clock. */
  readonly now: Date;
}

/** Begins steps: each in the transaction that notes it, so that nothing is begun twice and nothing is forgotten. */
@Injectable()
export class SequenceStepsService {
  constructor(
    private readonly operations: OperationService,
    private readonly instances: InstanceService,
  ) {}

  /** @throws DomainError where the step is refused; nothing of it may stay then */
  async begin(
    stores: Stores,
    gateway: Actor,
    sequence: Sequence,
    { step, phase }: Beginning,
  ): Promise<Begun> {
    const source = await requireInstance(stores, sequence.instance_id);
    const scope = scopeOf(sequence.definition, source, sequence.steps);
    const now = await stores.get(OperationStore).now();
    const work = { stores, sequence, step, phase, source, scope, now };
    if (step.wait !== undefined) return { fact: waiting(work) };
    if (step.operation !== undefined) return this.operate(work, gateway);
    const { organizationId } = gateway;
    const actor = await requesterActor(stores, organizationId, sequence);
    if (step.action === "copy") return this.copy(work, actor);
    const outputs = await this.act(work, actor);
    return { fact: done(work, outputs) };
  }

  private async operate(work: Work, gateway: Actor): Promise<Begun> {
    const { stores, sequence, step, scope } = work;
    const { requested_by, on_behalf_of } = sequence;
    const intent = intentOfStep(step, scope);
    const operation = await this.operations.create(stores, gateway, {
      ...intent,
      instanceId: targetId(work),
      requester: { requested_by, on_behalf_of },
      sequence: { id: sequence.id, step: step.name },
    });
    const fact: StepFact = {
      ...begunAt(work),
      state: "running",
      hasBegun: false,
      operation_id: operation.id,
      operation: operation.name,
      // What undoes or ends must not be held up for ever by a cluster that is gone.
      ...(work.phase !== "forward" &&
        deadlineIn(work, (intent.timeout_seconds ?? 0) + SLACK_SECONDS)),
    };
    return { fact };
  }

  private async copy(work: Work, actor: Actor): Promise<Begun> {
    const { stores, sequence, source, scope } = work;
    const wish = copyWish(sequence.definition.template, scope);
    const clusterId = await requireCopyCluster(stores, source, wish);
    await requireFreePlace(stores, clusterId, wish);
    const { code: catalogCode } = await requireEntry(stores, source);
    const copyId = await this.instances.create(stores, actor, {
      ...copyIntent(source, wish),
      clusterId,
      catalogCode,
      origin: "sequence",
    });
    return { fact: done(work, { instance: wish.name }), copyId };
  }

  /** @returns what the step tells the ones after it */
  private async act(work: Work, actor: Actor): Promise<JsonObject> {
    const { stores, step, scope } = work;
    const id = targetId(work);
    const given = substituteFields(step.with ?? {}, scope);
    switch (step.action) {
      case "suspend":
      case "resume":
        await this.instances.suspend(
          stores,
          actor,
          id,
          step.action === "suspend",
        );
        return {};
      case "rollback":
        return this.rollBack(work, actor, Number(given["generation"]));
      case "discard":
        if (given["how"] === "suspend")
          await this.instances.suspend(stores, actor, id, true);
        else await this.instances.remove(stores, actor, id);
        return {};
      default:
        await this.instances.remove(stores, actor, id);
        return {};
    }
  }

  /** What was never changed needs no way back. */
  private async rollBack(
    { stores, source }: Work,
    actor: Actor,
    generation: number,
  ): Promise<JsonObject> {
    const history = await stores.get(IntentHistoryStore).of(source.id);
    const former = formerIntent(source, history, generation);
    const isAsItWas = former === undefined || isSameApplication(former, source);
    if (!isAsItWas)
      await this.instances.rollback(stores, actor, source.id, generation);
    return {};
  }
}

async function requireInstance(stores: Stores, id: string): Promise<Instance> {
  const instance = await stores.get(InstanceStore).find(id);
  if (!instance)
    throw new DomainError(
      "not_found",
      "There is no such application instance.",
    );
  return instance;
}

function targetId({ sequence, step }: Work): string {
  const isOnCopy = step.on === "copy" || step.action === "discard";
  if (!isOnCopy) return sequence.instance_id;
  if (sequence.copy_instance_id === null)
    throw new DomainError("not_found", "There is no copy of the instance.");
  return sequence.copy_instance_id;
}

function begunAt({ step, now }: Work): Pick<StepFact, "name" | "begun_at"> {
  return { name: step.name, begun_at: now.toISOString() };
}

function done(work: Work, outputs: JsonObject): StepFact {
  return {
    ...begunAt(work),
    state: "succeeded",
    hasBegun: true,
    outputs,
    ended_at: work.now.toISOString(),
  };
}

function waiting(work: Work): StepFact {
  const { step, scope } = work;
  const seconds =
    step.timeoutSeconds === undefined
      ? undefined
      : substitute(step.timeoutSeconds, scope);
  return {
    ...begunAt(work),
    state: "running",
    hasBegun: true,
    ...(typeof seconds === "number" && deadlineIn(work, seconds)),
  };
}

function deadlineIn({ now }: Pick<Work, "now">, seconds: number) {
  return { deadline: new Date(now.getTime() + seconds * 1000).toISOString() };
}
