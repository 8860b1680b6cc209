import { canonicalJson } from "@vworkspace/contract";
import { z } from "zod";
import { groupBy } from "./group-by";

const leafSchema = z.looseObject({
  action: z.string(),
  subject: z.looseObject({ type: z.string(), id: z.string() }),
  detail: z.looseObject({}),
});

export type AuditLeaf = z.infer<typeof leafSchema>;

/** The leaves of a log, read; what is wrong with one is told, not thrown. */
export class AuditTrail {
  readonly leaves: readonly AuditLeaf[];
  readonly problems: readonly string[];

  constructor(texts: readonly string[]) {
    const read = texts.map(readLeaf);
    this.leaves = read.filter((leaf) => typeof leaf !== "string");
    this.problems = read.filter((leaf) => typeof leaf === "string");
  }

  /** Of one action, by the subject's id, in the order of the log. */
  bySubject(action: string): ReadonlyMap<string, readonly AuditLeaf[]> {
    const of = this.leaves.filter((leaf) => leaf.action === action);
    return groupBy(of, ({ subject }) => subject.id);
  }
}

/** A leaf, or what is wrong with it: it must be RFC 8785 JSON, so that anyone can hash it again. */
function readLeaf(text: string): AuditLeaf | string {
  try {
    const value: unknown = JSON.parse(text);
    if (canonicalJson(value) !== text)
      return `This leaf is no canonical JSON: ${text}`;
    return leafSchema.parse(value);
  } catch (error) {
    return `This leaf can't be read (${String(error)}): ${text}`;
  }
}
