import type { ReferencedModel } from "./synced-model";

export interface ReferencedRecord {
  readonly id: string;
  readonly name: string;
  readonly external_ref: string | null;
}

/** What an Odoo calls records of one organization. */
export abstract class ReferenceStore {
  /** By the number that clients know it by; holds the row. */
  abstract lock(
    model: ReferencedModel,
    number: number,
  ): Promise<ReferencedRecord | undefined>;
  abstract isTaken(model: ReferencedModel, reference: string): Promise<boolean>;
  abstract give(
    model: ReferencedModel,
    id: string,
    reference: string,
  ): Promise<void>;
}
