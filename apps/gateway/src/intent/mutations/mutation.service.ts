import { createHash } from "node:crypto";
import { Injectable } from "@nestjs/common";
import { canonicalJson, isStorable } from "@vworkspace/contract";
import { DomainError } from "@vworkspace/kernel";
import { type Stores, UnitOfWork } from "../../database/unit-of-work";
import { AuditStore } from "../../trust/audit/domain/audit-store";
import type { UserActor } from "../../trust/identity/domain/actor";
import { ReplayStore } from "./domain/replay-store";

export interface Mutation {
  /** `<model>.<method>`. */
  readonly method: string;
  /** All that the answer depends on; a repeat of `requestId` must bring the same. */
  readonly call: unknown;
  readonly requestId?: string | undefined;
}

const MAX_REQUEST_ID_CHARACTERS = 128;

/** Runs one change of a person or program: one transaction, replay-safe, and with a refusal by policy as evidence. */
@Injectable()
export class MutationService {
  constructor(private readonly unitOfWork: UnitOfWork) {}

  /** @param work returns what JSON can hold; a repeat gets exactly that again */
  async run<T>(
    actor: UserActor,
    mutation: Mutation,
    work: (stores: Stores) => Promise<T>,
  ): Promise<T> {
    try {
      return await this.unitOfWork.inOrganization(
        actor.organizationId,
        (stores) => this.once(stores, actor, { mutation, work }),
      );
    } catch (error) {
      if (error instanceof DomainError && error.code === "policy_denied")
        await this.recordRefusal(actor, mutation, error);
      throw error;
    }
  }

  private async once<T>(
    stores: Stores,
    actor: UserActor,
    run: { mutation: Mutation; work: (stores: Stores) => Promise<T> },
  ): Promise<T> {
    const { requestId, method, call } = run.mutation;
    if (requestId === undefined) return run.work(stores);
    refuseRequestId(requestId);
    const digest = createHash("sha256")
      .update(canonicalJson([method, call]))
      .digest();
    const replays = stores.get(ReplayStore);
    const earlier = await replays.find(actor.id, requestId);
    if (earlier && !earlier.digest.equals(digest)) {
      throw new DomainError(
        "validation_failed",
        `request_id "${requestId}" was used for another call: use a new one for each change.`,
      );
    }
    if (earlier) return earlier.response as T;
    const response = await run.work(stores);
    await replays.keep({ userId: actor.id, requestId, digest, response });
    return response;
  }

  private async recordRefusal(
    actor: UserActor,
    mutation: Mutation,
    refusal: DomainError,
  ): Promise<void> {
    await this.unitOfWork.inOrganization(actor.organizationId, (stores) =>
      stores.get(AuditStore).append(actor, {
        action: "policy.refuse",
        subject: { type: "call", id: mutation.method },
        detail: { ...refusal.details },
      }),
    );
  }
}

function refuseRequestId(requestId: string): void {
  const isFine =
    requestId !== "" &&
    requestId.length <= MAX_REQUEST_ID_CHARACTERS &&
    isStorable(requestId);
  if (!isFine)
    throw new DomainError(
      "validation_failed",
      `request_id must have 1 to ${MAX_REQUEST_ID_CHARACTERS} characters, without U+0000 and lone surrogates.`,
    );
}
