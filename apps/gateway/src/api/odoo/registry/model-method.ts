import type { RpcStruct, RpcValue } from "@vworkspace/odoo-rpc";
import type { Stores } from "../../../database/unit-of-work";
import type { UserActor } from "../../../trust/identity/domain/actor";
import type { RecordStore } from "../../../database/records/record-store";
import type { OdooModel } from "./odoo-model";
import type { Reach } from "./permissions";

/** What the answer travels in; XML-RPC can't carry all that JSON can. */
export type Wire = "xml" | "json";

/** One call of a method, its arguments bound to names. */
export interface ModelCall {
  readonly entry: ModelEntry;
  readonly actor: UserActor;
  /** Which records the caller may reach by it; whatever it does to others must be as if they weren't there. */
  readonly reach: Reach;
  readonly wire: Wire;
  readonly ids: readonly number[];
  /** By parameter name; what the caller left out is undefined. */
  readonly args: Readonly<Record<string, RpcValue | undefined>>;
  readonly requestId: string | undefined;
  /** Odoo's; of it `active_test` and `tz` mean something here, and nothing in it is refused. */
  readonly context: RpcStruct;
}

/** A method that clients can call. Undefined: it has nothing to say, and each skin says that in its way. */
export interface ModelMethod {
  /** In order, without the ids. */
  readonly parameters: readonly string[];
  readonly takesIds: boolean;
  readonly run: (call: ModelCall) => Promise<RpcValue | undefined>;
}

/** Checked values by field name: each has the type of its field; many2one as the UUID of the record, unset as null. */
export type FieldValues = Readonly<Record<string, unknown>>;

/** An order to records. It runs in the transaction that its audit entry is written in. */
export interface RecordAction {
  /** On exactly one record, whose answer it returns. */
  readonly isForOne?: boolean;
  /** The answer is shown once and kept nowhere, so a repeat can't get it again. */
  readonly isShownOnce?: boolean;
  /** Names of what it takes besides the ids; none where it isn't given. */
  readonly parameters?: readonly string[];
  readonly run: (
    stores: Stores,
    actor: UserActor,
    key: string,
    args: ModelCall["args"],
  ) => Promise<RpcStruct | undefined>;
}

/** How a model's records change; what isn't there can't be done. Keys are UUIDs. */
export interface ModelChanges {
  readonly create?: (
    stores: Stores,
    actor: UserActor,
    values: FieldValues,
  ) => Promise<string>;
  readonly write?: (
    stores: Stores,
    actor: UserActor,
    change: { readonly key: string; readonly values: FieldValues },
  ) => Promise<void>;
  readonly unlink?: (
    stores: Stores,
    actor: UserActor,
    key: string,
  ) => Promise<void>;
  readonly actions?: Readonly<Record<string, RecordAction>>;
  /** Records have an external_ref and an intent_version, by which a bridge makes or changes them (`upsert`). */
  readonly isUpserted?: boolean;
  /** The tombstone of a bridge's record. */
  readonly remove?: (
    stores: Stores,
    actor: UserActor,
    change: { readonly key: string; readonly intentVersion: number },
  ) => Promise<void>;
  /** What isn't done to records by their ids. */
  readonly methods?: Readonly<Record<string, ModelMethod>>;
}

/** A model in the registry. */
export interface ModelEntry {
  readonly model: OdooModel;
  readonly changes: ModelChanges;
  /** Methods of its own besides the generic ones and its actions. */
  readonly methods?: Readonly<Record<string, ModelMethod>>;
  /** Where its records are, if not in the database. */
  readonly records?: RecordStore;
  /** The field that says whose a record is, where some roles reach only their own: `id` for users. */
  readonly ownedBy?: "id" | "user_id";
}
