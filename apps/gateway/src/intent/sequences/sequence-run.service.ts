import { Injectable, Logger } from "@nestjs/common";
import { DomainError } from "@vworkspace/kernel";
import { type Stores, UnitOfWork } from "../../database/unit-of-work";
import { type Actor, gatewayActor } from "../../trust/identity/domain/actor";
import { instanceObject } from "../instances/domain/instance";
import { InstanceStore } from "../instances/domain/instance-store";
import { OperationStore } from "../operations/domain/operation-store";
import { decideNext, type NextAction } from "./domain/sequence.decide";
import { courseOf } from "./domain/sequence.status";
import {
  type DueSequence,
  hasEnded,
  type Sequence,
  SequenceStore,
  type StepFact,
} from "./domain/sequence";
import { requireStep } from "./domain/sequence-template";
import { followOperation, followWait } from "./domain/step-course.decide";
import { recordProgress } from "./sequence-evidence";
import { SequenceStepsService } from "./sequence-steps.service";

const LIMIT = 200;
/** How long one that waits is left alone; looking costs a few reads and a write. */
const LOOK_AGAIN_SECONDS = 5;
const PERSON_SECONDS = 300;
/** Transactions about one sequence at a time: more than it has steps. */
const MOST_AT_ONCE = 100;

/**
 * Drives sequences, with every sweep: each action in a transaction of its own that holds the sequence's row, so that a gateway
 * that dies between two loses nothing, and several that look at once do nothing twice.
 */
@Injectable()
export class SequenceRunService {
  private readonly logger = new Logger(SequenceRunService.name);

  constructor(
    private readonly unitOfWork: UnitOfWork,
    private readonly steps: SequenceStepsService,
  ) {}

  async sweep(stopping?: AbortSignal): Promise<void> {
    const due = await this.unitOfWork.asWorker((stores) =>
      stores.get(SequenceStore).lookDue(LIMIT),
    );
    for (const one of due) {
      if (stopping?.aborted) return;
      await this.attempt(one, stopping);
    }
  }

  /** Does one thing about a sequence that is due. @returns whether there may be another at once */
  async advance({ organizationId, id }: DueSequence): Promise<boolean> {
    try {
      return await this.unitOfWork.inOrganization(
        organizationId,
        async (stores) => {
          const sequence = await stores.get(SequenceStore).takeDue(id);
          if (!sequence || hasEnded(sequence)) return false;
          const followed = await follow(stores, sequence);
          return this.act(stores, organizationId, followed, sequence);
        },
      );
    } catch (error) {
      if (!(error instanceof DomainError)) throw error;
      // In a transaction of its own: nothing of what was refused stays.
      const actor = gatewayActor(organizationId);
      return this.unitOfWork.inOrganization(organizationId, (stores) =>
        noteRefusal(stores, actor, id, error),
      );
    }
  }

  /**
   * Begins a new one in the transaction that makes it. An action on an instance waits for the sweep: it locks the instance's
   * object before the instance, which is held already here.
   */
  async start(
    stores: Stores,
    organizationId: string,
    sequence: Sequence,
  ): Promise<void> {
    const next = nextOf(sequence);
    const isAction = next.do === "begin" && next.step.action !== undefined;
    if (!isAction) await this.act(stores, organizationId, sequence);
  }

  /** Does the next thing about a sequence whose row is held. @param before as it was saved last */
  private async act(
    stores: Stores,
    organizationId: string,
    sequence: Sequence,
    before = sequence,
  ): Promise<boolean> {
    const actor = gatewayActor(organizationId);
    const next = nextOf(sequence);
    if (next.do === "begin") {
      const begun = await this.steps.begin(stores, actor, sequence, next);
      return keep(stores, actor, before, {
        ...sequence,
        steps: [...sequence.steps, begun.fact],
        copy_instance_id: begun.copyId ?? sequence.copy_instance_id,
      });
    }
    if (next.do !== "stop" || next.step.operation !== undefined)
      return keep(stores, actor, before, sequence);
    const now = await stores.get(OperationStore).now();
    const ended = withFact(sequence, stopped(next.fact, now));
    return keep(stores, actor, before, ended);
  }

  private async attempt(
    one: DueSequence,
    stopping: AbortSignal | undefined,
  ): Promise<void> {
    try {
      for (let count = 0; count < MOST_AT_ONCE; count += 1)
        if (stopping?.aborted || !(await this.advance(one))) return;
    } catch (error) {
      this.logger.warn(
        { err: error, id: one.id },
        "A sequence failed to go on",
      );
    }
  }
}

function nextOf(sequence: Sequence): NextAction {
  const { definition, steps, cancel } = sequence;
  return decideNext({ ...definition, steps, cancel });
}

/** With what became of the step that runs. */
async function follow(stores: Stores, sequence: Sequence): Promise<Sequence> {
  const fact = sequence.steps.find(({ state }) => state === "running");
  if (fact === undefined) return sequence;
  const now = await stores.get(OperationStore).now();
  if (fact.operation_id !== undefined) {
    const store = stores.get(SequenceStore);
    const operation = await store.operationFacts(fact.operation_id);
    return withFact(sequence, followOperation(fact, operation, now));
  }
  const step = requireStep(sequence.definition.template, fact.name);
  const id =
    step.on === "copy" ? sequence.copy_instance_id : sequence.instance_id;
  const store = stores.get(InstanceStore);
  const instance = id === null ? undefined : await store.find(id);
  const observation =
    instance && (await store.observation(instanceObject(instance)));
  const isConfirmed = sequence.confirmed_at !== null;
  return withFact(
    sequence,
    followWait(fact, step, { instance, observation, isConfirmed, now }),
  );
}

function withFact(sequence: Sequence, fact: StepFact): Sequence {
  const steps = sequence.steps.map((one) =>
    one.name === fact.name ? fact : one,
  );
  return { ...sequence, steps };
}

function stopped({ course: _course, ...fact }: StepFact, now: Date): StepFact {
  return {
    ...fact,
    state: "cancelled",
    reason: "UserCancelled",
    message: "",
    ended_at: now.toISOString(),
  };
}

/** Saves it with what is to be said of it, and the evidence. @returns whether something is to be done at once */
async function keep(
  stores: Stores,
  actor: Actor,
  before: Sequence,
  sequence: Sequence,
): Promise<boolean> {
  const { definition, steps, cancel } = sequence;
  const kept = { ...sequence, ...courseOf({ ...definition, steps, cancel }) };
  const isWaiting = steps.some(({ state }) => state === "running");
  const isOver = hasEnded(kept);
  await stores
    .get(SequenceStore)
    .save(kept, isOver ? null : isWaiting ? pauseAfter(kept) : 0);
  await recordProgress(stores, actor, before, kept);
  return !isOver && !isWaiting;
}

/** Whoever confirms wakes it. */
function pauseAfter({ reason }: Sequence): number {
  return reason === "AwaitingConfirmation"
    ? PERSON_SECONDS
    : LOOK_AGAIN_SECONDS;
}

/** A step that was refused has failed, without having done anything. */
async function noteRefusal(
  stores: Stores,
  actor: Actor,
  id: string,
  error: DomainError,
): Promise<boolean> {
  const due = await stores.get(SequenceStore).takeDue(id);
  if (!due || hasEnded(due)) return false;
  const sequence = await follow(stores, due);
  const next = nextOf(sequence);
  if (next.do !== "begin") return keep(stores, actor, due, sequence);
  const at = (await stores.get(OperationStore).now()).toISOString();
  const fact: StepFact = {
    name: next.step.name,
    state: "failed",
    hasBegun: false,
    reason: error.code === "policy_denied" ? "PolicyDenied" : "Refused",
    message: error.message,
    begun_at: at,
    ended_at: at,
  };
  const steps = [...sequence.steps, fact];
  return keep(stores, actor, due, { ...sequence, steps });
}
