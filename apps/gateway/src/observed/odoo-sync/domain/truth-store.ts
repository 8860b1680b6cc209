import type { SyncedModel } from "./synced-model";

/** Field by name, in what XML-RPC carries: texts, numbers, true and false; false for what isn't set. */
export type TruthValues = Readonly<Record<string, string | number | boolean>>;

export interface TruthSettings {
  /** Silence after which a cluster is shown as disconnected. */
  readonly disconnectAfterSeconds: number;
  /** What the number of an operation stands behind, in the address of its approval page; empty while that isn't known. */
  readonly approvalsUrl: string;
}

/** Records as Odoo is told of them. */
export abstract class TruthStore {
  /** By the record's UUID; what isn't there is left out. */
  abstract read(
    model: SyncedModel,
    ids: readonly string[],
    settings: TruthSettings,
  ): Promise<ReadonlyMap<string, TruthValues>>;
}
