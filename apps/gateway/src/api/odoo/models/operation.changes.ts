import { Injectable } from "@nestjs/common";
import { isStorable } from "@vworkspace/contract";
import { DomainError } from "@vworkspace/kernel";
import type { Stores } from "../../../database/unit-of-work";
import type { CreateOperation } from "../../../intent/operations/domain/operation-request";
import { OperationStore } from "../../../intent/operations/domain/operation-store";
import { OperationService } from "../../../intent/operations/operation.service";
import type { UserActor } from "../../../trust/identity/domain/actor";
import type {
  FieldValues,
  ModelChanges,
  RecordAction,
} from "../registry/model-method";
import { givenParameters } from "./given-parameters";

@Injectable()
export class OperationChanges implements ModelChanges {
  readonly isUpserted = true;
  readonly actions: Readonly<Record<string, RecordAction>> = {
    action_cancel: this.decision("cancelled", (...on) =>
      this.operations.cancel(...on),
    ),
    action_approve: this.decision("approved", (...on) =>
      this.operations.approve(...on),
    ),
    action_reject: {
      parameters: ["reason"],
      run: async (stores, actor, key, args) => {
        const reason = givenReason(args["reason"]);
        if (await isRepeated(stores, actor, key, "rejected")) return undefined;
        await this.operations.reject(stores, actor, key, reason);
        return undefined;
      },
    },
    action_retry: {
      isForOne: true,
      run: async (stores, actor, key) => {
        const made = await this.operations.retry(stores, actor, key);
        const id = await stores.get(OperationStore).number(made.id);
        return { id, name: made.name };
      },
    },
  };

  constructor(private readonly operations: OperationService) {}

  readonly create: NonNullable<ModelChanges["create"]> = async (
    stores,
    actor,
    values,
  ) => {
    const { instance_id, ...given } = givenParameters(values);
    // readValues has checked each value against its field, and that the required ones are there.
    const request = {
      ...given,
      instanceId: instance_id,
    } as unknown as CreateOperation;
    return (await this.operations.create(stores, actor, request)).id;
  };

  /** readValues lets nothing but the caller's marks through. */
  readonly write: NonNullable<ModelChanges["write"]> = async (
    stores,
    actor,
    { key, values }: { key: string; values: FieldValues },
  ) => {
    await this.operations.mark(stores, actor, key, values);
  };

  private decision(
    decision: Decision,
    run: (stores: Stores, actor: UserActor, key: string) => Promise<void>,
  ): RecordAction {
    return {
      run: async (stores, actor, key) => {
        if (!(await isRepeated(stores, actor, key, decision)))
          await run(stores, actor, key);
        return undefined;
      },
    };
  }
}

type Decision = "approved" | "rejected" | "cancelled";

/** A bridge sends a decision again until it has an answer; the same one is no second. */
async function isRepeated(
  stores: Stores,
  actor: UserActor,
  key: string,
  decision: Decision,
): Promise<boolean> {
  if (actor.role !== "bridge") return false;
  const operation = await stores.get(OperationStore).find(key);
  if (operation === undefined) return false;
  const { state, approval_state: approval, cancel } = operation;
  switch (decision) {
    case "approved":
      return approval === "approved" && state !== "awaiting_approval";
    case "rejected":
      return approval === "rejected";
    case "cancelled":
      return cancel || state === "cancelled";
  }
}

/** Whoever refuses may say why. */
function givenReason(value: unknown): string {
  if (value === undefined || value === null || value === false) return "";
  if (typeof value === "string" && isStorable(value)) return value;
  throw new DomainError(
    "validation_failed",
    `reason is ${JSON.stringify(value).slice(0, 80)}: give a text without U+0000 and lone surrogates, or leave it out.`,
  );
}
