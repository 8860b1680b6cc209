import { DomainError } from "@vworkspace/kernel";
import type { FastifyRequest } from "fastify";

const DECISIONS = ["look", "approve", "reject"] as const;
/** `look`: nothing is decided yet. */
export type ApprovalDecision = (typeof DECISIONS)[number];

/** What the approval page sends. */
export interface ApprovalForm {
  readonly login: string;
  /** An API key; empty where a session stands for the person. */
  readonly key: string;
  readonly decision: ApprovalDecision;
  readonly reason: string;
}

/** @throws DomainError unsupported_media_type, validation_failed */
export function readApprovalForm({
  headers,
  body,
}: Pick<FastifyRequest, "headers" | "body">): ApprovalForm {
  const type = (headers["content-type"] ?? "").split(";")[0]?.trim();
  if (type !== "application/x-www-form-urlencoded")
    throw new DomainError(
      "unsupported_media_type",
      "The approval page sends application/x-www-form-urlencoded: open it here, and try again.",
    );
  const text = body instanceof Uint8Array ? Buffer.from(body).toString() : "";
  const fields = new URLSearchParams(text);
  return {
    // Whoever pastes them takes a blank along.
    login: fieldOf(fields, "login").trim(),
    key: fieldOf(fields, "key").trim(),
    decision: decisionOf(fieldOf(fields, "decision")),
    // A form ends lines with both characters.
    reason: fieldOf(fields, "reason").replaceAll("\r\n", "\n").trim(),
  };
}

function fieldOf(fields: URLSearchParams, name: string): string {
  const [value = "", ...others] = fields.getAll(name);
  if (others.length === 0) return value;
  throw new DomainError("validation_failed", `${name} is given twice.`);
}

function decisionOf(text: string): ApprovalDecision {
  const found = DECISIONS.find((decision) => decision === text);
  if (found !== undefined) return found;
  throw new DomainError(
    "validation_failed",
    `decision must be one of ${DECISIONS.join(", ")}.`,
  );
}
