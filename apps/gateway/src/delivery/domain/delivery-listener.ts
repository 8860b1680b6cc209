import type { Stores } from "../../database/unit-of-work";
import type { Actor } from "../../trust/identity/domain/actor";
import type {
  DeliveryOutcome,
  DesiredAction,
  ObjectIdentity,
} from "./desired-object";

export interface SettledDelivery {
  readonly object: ObjectIdentity;
  readonly action: DesiredAction;
  readonly generation: number;
  readonly outcome: DeliveryOutcome;
  readonly error: string | undefined;
  /** Whether the intent stands: delivery issues it again, or nothing newer has taken its place. */
  readonly isStillWanted: boolean;
  /** Of a delete: what was to be deleted up to this generation has gone with it. */
  readonly endsThrough: number;
}

export interface IssuedAgain {
  readonly object: ObjectIdentity;
  readonly action: DesiredAction;
  readonly generation: number;
}

/** Whoever owns the intent behind an object; called in the transaction of the change. */
export interface DeliveryListener {
  /** A generation was issued again by delivery itself. */
  generationIssued(stores: Stores, issued: IssuedAgain): Promise<void>;
  deliverySettled(
    stores: Stores,
    actor: Actor,
    delivery: SettledDelivery,
  ): Promise<void>;
}
