import { z } from "zod";
import {
  ConflictError,
  type FieldConflict,
  KindMissingError,
  KubeError,
  type KubeErrorCause,
  type KubeErrorDetails,
  LOCAL_REASONS,
} from "./kube-error";
import type { KubeResponse } from "./kube-connection";
import { sanitizeMessage } from "./sanitize-message";

const causeSchema = z.object({
  reason: z.string().optional(),
  message: z.string().optional(),
  field: z.string().optional(),
});

/** The parts of a Status (meta/v1) that decide anything; an answer of another shape counts as none. */
const statusSchema = z.object({
  kind: z.literal("Status"),
  code: z.number().optional(),
  reason: z.string().optional(),
  message: z.string().optional(),
  details: z
    .object({
      name: z.string().optional(),
      causes: z.array(causeSchema).optional(),
    })
    .optional(),
});

type ApiStatus = z.infer<typeof statusSchema>;
type ApiCause = z.infer<typeof causeSchema>;

/** What was tried, for messages. `kind` is absent for discovery. */
export interface Attempt {
  /** For example `apply HelmRelease shop/odoo`. */
  readonly description: string;
  readonly kind?: string;
}

const FIELD_MANAGER_CONFLICT = "FieldManagerConflict";
/** A conversion webhook that can't be reached is trouble of the server and not the object's fault. */
const UNFIT =
  /^failed to (?:create typed patch object|convert new object) (?![\s\S]*webhook)/;
const QUOTED_MANAGER = /^conflict with ("(?:[^"\\]|\\.)*")/;

/** The error that an answer with a status of 400 or more stands for. */
export function errorOfResponse(
  response: KubeResponse,
  attempt: Attempt,
): KubeError {
  const status = parseStatus(response.text);
  return errorOf(response.status, status, attempt);
}

/** The error that a watch's ERROR event carries. */
export function errorOfStatusObject(
  object: unknown,
  attempt: Attempt,
): KubeError {
  const parsed = statusSchema.safeParse(object);
  const status = parsed.success ? parsed.data : undefined;
  return errorOf(status?.code ?? 500, status, attempt);
}

function parseStatus(text: string): ApiStatus | undefined {
  try {
    const parsed = statusSchema.safeParse(JSON.parse(text));
    return parsed.success ? parsed.data : undefined;
  } catch {
    return undefined;
  }
}

function errorOf(
  code: number,
  status: ApiStatus | undefined,
  attempt: Attempt,
): KubeError {
  const verdict = verdictOf(code, status);
  const details: KubeErrorDetails = {
    ...verdict,
    causes: publicCauses(status, attempt),
  };
  const message = `Could not ${attempt.description}: ${explain(verdict, status, attempt)}`;
  if (code === 404 && !namesAnObject(status))
    return new KindMissingError(message, details);
  const conflicts = code === 409 ? fieldConflicts(status) : [];
  return conflicts.length > 0
    ? new ConflictError(message, details, conflicts)
    : new KubeError(message, details);
}

interface Verdict {
  readonly status: number;
  readonly reason: string;
}

/**
 * Status and reason, put right in two cases of server-side apply (seen with Kubernetes 1.36): an object that doesn't fit
 * its schema is answered with a 500 that has no reason, as if trying again could help; and a uid precondition that
 * doesn't hold with 422 where another object has the name, but with 409 where none has.
 */
function verdictOf(code: number, status: ApiStatus | undefined): Verdict {
  if (code === 500 && isUnfit(status))
    return { status: 422, reason: "Invalid" };
  if (code === 422 && isOfAnotherUid(status))
    return { status: 409, reason: "Conflict" };
  return { status: code, reason: status?.reason || LOCAL_REASONS.unnamed };
}

function isUnfit(status: ApiStatus | undefined): boolean {
  return !status?.reason && UNFIT.test(status?.message ?? "");
}

function isOfAnotherUid(status: ApiStatus | undefined): boolean {
  return causesOf(status).some((cause) => cause.field === "metadata.uid");
}

function causesOf(status: ApiStatus | undefined): readonly ApiCause[] {
  return status?.details?.causes ?? [];
}

/**
 * The API server answers a request for an object that isn't there with a Status that names it, and one for a path that
 * it doesn't serve with plain text or a Status without a name.
 */
function namesAnObject(status: ApiStatus | undefined): boolean {
  return Boolean(status?.details?.name);
}

function explain(
  verdict: Verdict,
  status: ApiStatus | undefined,
  attempt: Attempt,
): string {
  const answer = `${verdict.status} ${verdict.reason}`;
  // Validation of a Secret quotes its data, so of its message nothing is kept.
  if (status?.message === undefined || isSecret(attempt)) return answer;
  return `${answer}: ${sanitizeMessage(status.message)}`;
}

function publicCauses(
  status: ApiStatus | undefined,
  attempt: Attempt,
): KubeErrorCause[] {
  return causesOf(status).map(({ reason, message, field }) => ({
    ...(reason === undefined ? {} : { reason }),
    ...(field === undefined ? {} : { field }),
    ...(message === undefined || isSecret(attempt)
      ? {}
      : { message: sanitizeCause(field, message) }),
  }));
}

/** A cause's message starts with the value; with its field in front, the rules for whole messages apply. */
function sanitizeCause(field: string | undefined, message: string): string {
  if (field === undefined) return sanitizeMessage(message);
  return sanitizeMessage(`${field}: ${message}`).slice(field.length + 2);
}

function isSecret(attempt: Attempt): boolean {
  return attempt.kind === "Secret";
}

function fieldConflicts(status: ApiStatus | undefined): FieldConflict[] {
  return causesOf(status)
    .filter((cause) => cause.reason === FIELD_MANAGER_CONFLICT)
    .map((cause) => ({
      manager: managerIn(cause.message ?? ""),
      field: cause.field ?? "",
    }));
}

/** `conflict with "kubectl" with subresource "status" using apps/v1` → kubectl; the name is quoted as by Go's %q. */
function managerIn(message: string): string {
  const quoted = QUOTED_MANAGER.exec(message)?.[1];
  if (quoted === undefined) return message;
  try {
    return String(JSON.parse(quoted));
  } catch {
    return quoted.slice(1, -1);
  }
}
