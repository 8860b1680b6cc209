import type { z } from "zod";

/** Outcome of reading a message: the value, or one sentence that names the field. */
export type Parsed<T> =
  | { readonly ok: true; readonly value: T }
  | { readonly ok: false; readonly reason: string };

/** Reads `input` by a schema of the contract. The reason names the first field that does not fit, and how. */
export function parseMessage<T extends z.ZodType>(
  schema: T,
  input: unknown,
): Parsed<z.output<T>> {
  const result = schema.safeParse(input);
  if (result.success) return { ok: true, value: result.data };
  const issue = result.error.issues[0];
  const path = issue?.path.map(String).join(".") ?? "";
  return {
    ok: false,
    reason: `${path === "" ? "body" : path}: ${issue?.message ?? "is invalid"}`,
  };
}
