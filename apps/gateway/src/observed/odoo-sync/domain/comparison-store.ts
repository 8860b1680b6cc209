import type { ComparedModel } from "./synced-model";

/** By the first two hexadecimal digits of a reference's SHA-256. */
export type PageDigests = Readonly<Record<string, string>>;

export interface ComparedRow {
  readonly external_ref: string;
  readonly intent_version: number;
  readonly values_sha256: string;
  readonly observed_generation: number;
  readonly state: string;
}

export interface Comparison {
  /** All rows of the pages that differ, those of deleted records among them, which no digest counts. */
  readonly pages: Readonly<Record<string, readonly ComparedRow[]>>;
  /** Records that were made elsewhere: they have no external_ref. */
  readonly unknown: number;
}

/** What both sides have, page by page. */
export abstract class ComparisonStore {
  abstract compare(
    model: ComparedModel,
    digests: PageDigests,
  ): Promise<Comparison>;
}
