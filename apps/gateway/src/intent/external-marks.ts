import { isStorable } from "@vworkspace/contract";

/** It stands in an index, whose rows PostgreSQL limits. */
const MAX_REF_CHARACTERS = 256;

/** The caller's own marks, which the gateway keeps and compares and never interprets. */
export interface ExternalMarks {
  /** The record's own id on the other side. */
  readonly external_ref: string | null;
  /** Rises with each change there. */
  readonly intent_version: number | null;
}

export const NO_MARKS: ExternalMarks = {
  external_ref: null,
  intent_version: null,
};

/** Whether the caller's change was overtaken by a newer one of its own. */
export function isOutdated(
  { intent_version: known }: Pick<ExternalMarks, "intent_version">,
  {
    intent_version: given,
  }: { readonly intent_version?: number | null | undefined },
): boolean {
  return (
    given !== undefined && given !== null && known !== null && given <= known
  );
}

/** What is wrong with marks. */
export function markProblem(marks: Partial<ExternalMarks>): string | undefined {
  const { external_ref: ref, intent_version: version } = marks;
  const isFineRef =
    typeof ref !== "string" ||
    (ref.length <= MAX_REF_CHARACTERS && isStorable(ref));
  if (!isFineRef)
    return `external_ref must have at most ${MAX_REF_CHARACTERS} characters, without U+0000 and lone surrogates.`;
  return typeof version !== "number" || Number.isSafeInteger(version)
    ? undefined
    : `intent_version is ${version}: give a whole number that rises with each change.`;
}
