import type {
  Answer,
  Batch,
  Item,
  Result,
  UpdateTarget,
} from "./apply-updates";

const MOST_ITEMS = 100;
const INSTANCE = "vworkspace.application.instance";
const OPERATION = "vworkspace.operation";

/** What a record refers to, by the name of the value that holds the other's key. */
const REFERENCES: Readonly<Record<string, readonly string[]>> = {
  "vworkspace.policy": ["cluster_key"],
  [INSTANCE]: ["cluster_key"],
  [OPERATION]: ["instance_key"],
  "vworkspace.job": ["cluster_key"],
};

/** What an Odoo with the addon keeps of the truth, in memory: what it was told last of each record, and how it was told. */
export class UpdateBook implements UpdateTarget {
  readonly records = new Map<string, Item>();
  /** How often each record was applied. */
  readonly applied = new Map<string, number>();
  /** Records that came before what they refer to. */
  readonly outOfOrder: Item[] = [];
  epochs: string[] = [];
  /** Names of things that it fails on, as an addon with a bug does. */
  readonly broken = new Set<unknown>();
  private sequences = new Map<string, number>();

  constructor(readonly organization: string) {}

  get knownSequence(): number {
    return Math.max(0, ...this.sequences.values());
  }

  /** Records of a model, by a value of theirs. */
  by(model: string, name: string): ReadonlyMap<unknown, Item["values"]> {
    const all = [...this.records.values()].filter(
      (item) => item.model === model && !item.deleted,
    );
    return new Map(all.map(({ values }) => [values[name], values]));
  }

  applyUpdates(batch: Batch): Promise<Answer> {
    if (batch.items.length > MOST_ITEMS)
      throw new Error(`${batch.items.length} items are too many.`);
    if (this.epochs.at(-1) !== batch.epoch) {
      this.epochs.push(batch.epoch);
      this.sequences = new Map();
    }
    const results = batch.items.map((item) => this.apply(batch, item));
    return Promise.resolve({
      results,
      known_sequence: String(this.knownSequence),
    });
  }

  private apply(batch: Batch, item: Item): Result {
    const { key } = item;
    const sequence = Number(item.sequence);
    if (batch.organization !== this.organization)
      return { key, status: "refused", error: "It is of another company." };
    if ((this.sequences.get(key) ?? 0) > sequence)
      return { key, status: "stale" };
    if (this.isIgnored(item)) return this.noted(item, "ignored");
    const problem = this.problemOf(item);
    if (problem !== undefined)
      return { ...this.noted(item, "parked"), error: problem };
    this.noteOrder(item);
    this.records.set(key, item);
    this.applied.set(key, (this.applied.get(key) ?? 0) + 1);
    return this.noted(item, "applied");
  }

  private noted({ key, sequence }: Item, status: string): Result {
    this.sequences.set(key, Number(sequence));
    return { key, status };
  }

  private isIgnored({ model, external_ref: ref, values }: Item): boolean {
    if (model === INSTANCE) return ref === false;
    if (model !== OPERATION) return false;
    return !this.records.has(String(values["instance_key"]));
  }

  private problemOf({ values, deleted }: Item): string | undefined {
    if (deleted) return undefined;
    if (values["code"] === "" || values["name"] === false)
      return "It has neither code nor name.";
    return this.broken.has(values["name"])
      ? "Somebody made a mistake."
      : undefined;
  }

  private noteOrder(item: Item): void {
    for (const name of REFERENCES[item.model] ?? []) {
      const target = item.values[name];
      if (typeof target === "string" && !this.records.has(target))
        this.outOfOrder.push(item);
    }
  }
}
