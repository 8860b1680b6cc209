/** One record of a batch, as `vworkspace.sync.apply_updates` takes it. */
export interface Item {
  readonly model: string;
  readonly key: string;
  readonly external_ref: string | false;
  readonly sequence: string;
  readonly values: Readonly<Record<string, unknown>>;
  readonly deleted: boolean;
}

export interface Batch {
  readonly epoch: string;
  readonly organization: string;
  readonly items: readonly Item[];
}

export interface Result {
  readonly key: string;
  readonly status: string;
  readonly error?: unknown;
}

export interface Answer {
  readonly results: readonly Result[];
  readonly known_sequence: string;
}

/** An Odoo that takes the truth: a fake one, or the addon's on a real one. */
export interface UpdateTarget {
  /** Code of the organization that its company belongs to. */
  readonly organization: string;
  applyUpdates(batch: Batch): Promise<Answer>;
}
