import type { z } from "zod";
import { KubeError, LOCAL_REASONS } from "./kube-error";

/**
 * An answer of the API server as the shape expected of it.
 * @param answer JSON text, or what was already parsed out of one
 * @throws KubeError with reason Undecodable, which quotes nothing of the answer
 */
export function decodeJson<S extends z.ZodType>(
  answer: unknown,
  schema: S,
  description: string,
): z.output<S> {
  const value =
    typeof answer === "string" ? parse(answer, description) : answer;
  const parsed = schema.safeParse(value);
  if (parsed.success) return parsed.data;
  const path = parsed.error.issues[0]?.path.join(".") ?? "";
  throw undecodable(
    description,
    `the answer has an unexpected shape at ${path || "its top"}`,
  );
}

function parse(text: string, description: string): unknown {
  try {
    return JSON.parse(text);
  } catch {
    throw undecodable(description, "the answer is no JSON");
  }
}

function undecodable(description: string, problem: string): KubeError {
  return new KubeError(`Could not ${description}: ${problem}.`, {
    status: 0,
    reason: LOCAL_REASONS.undecodable,
  });
}
