import type { KubeObject } from "../kube-object";
import type { ResourceType } from "../resources/resource-type";

export interface StatusCause {
  readonly reason?: string;
  readonly message?: string;
  readonly field?: string;
}

export interface StatusDetails {
  readonly name?: string;
  readonly group?: string;
  readonly kind?: string;
  readonly uid?: string;
  readonly causes?: readonly StatusCause[];
  readonly retryAfterSeconds?: number;
}

/** The body of every refusal (meta.k8s.io/v1 Status). */
export interface Status {
  readonly kind: "Status";
  readonly apiVersion: "v1";
  readonly metadata: Record<string, never>;
  readonly status: "Failure" | "Success";
  readonly message?: string;
  readonly reason?: string;
  readonly details?: StatusDetails;
  readonly code?: number;
}

/** The one way to refuse in the simulator: the API's own error, with its HTTP status, reason and details. */
export class StatusError extends Error {
  constructor(
    readonly code: number,
    readonly reason: string,
    message: string,
    readonly details: StatusDetails = {},
  ) {
    super(message);
    this.name = "StatusError";
  }

  body(): Status {
    return {
      kind: "Status",
      apiVersion: "v1",
      metadata: {},
      status: "Failure",
      message: this.message,
      ...(this.reason === "" ? {} : { reason: this.reason }),
      details: this.details,
      code: this.code,
    };
  }
}

/** `configmaps`, or `widgets.example.com` outside the core group: how the API names a resource in its sentences. */
export function qualified(type: ResourceType): string {
  return type.group === "" ? type.plural : `${type.plural}.${type.group}`;
}

function about(type: ResourceType, name: string): StatusDetails {
  return {
    name,
    ...(type.group === "" ? {} : { group: type.group }),
    kind: type.plural,
  };
}

export function notFound(type: ResourceType, name: string): StatusError {
  const message = `${qualified(type)} "${name}" not found`;
  return new StatusError(404, "NotFound", message, about(type, name));
}

/** Says also when the existing object is on its way out. */
export function alreadyExists(
  type: ResourceType,
  existing: KubeObject,
): StatusError {
  const { name } = existing.metadata;
  const isGoing = existing.metadata.deletionTimestamp !== undefined;
  const message = `${isGoing ? "object is being deleted: " : ""}${qualified(type)} "${name}" already exists`;
  return new StatusError(409, "AlreadyExists", message, about(type, name));
}

export function conflict(
  type: ResourceType,
  name: string,
  why: string,
): StatusError {
  const message = `Operation cannot be fulfilled on ${qualified(type)} "${name}": ${why}`;
  return new StatusError(409, "Conflict", message, about(type, name));
}

export function modified(type: ResourceType, name: string): StatusError {
  return conflict(
    type,
    name,
    "the object has been modified; please apply your changes to the latest version and try again",
  );
}

export function forbidden(
  type: ResourceType,
  name: string,
  why: { message: string; causes?: readonly StatusCause[] },
): StatusError {
  const message = `${qualified(type)} "${name}" is forbidden: ${why.message}`;
  return new StatusError(403, "Forbidden", message, {
    ...about(type, name),
    ...(why.causes ? { causes: why.causes } : {}),
  });
}

export function badRequest(message: string): StatusError {
  return new StatusError(400, "BadRequest", message);
}

export function expired(message: string): StatusError {
  return new StatusError(410, "Expired", message);
}

export function resourceMissing(): StatusError {
  return new StatusError(
    404,
    "NotFound",
    "the server could not find the requested resource",
  );
}

export function methodNotAllowed(): StatusError {
  return new StatusError(
    405,
    "MethodNotAllowed",
    "the server does not allow this method on the requested resource",
  );
}

/** What a real cluster does and the simulator does not: said, never faked. `what` completes "The simulator does not …". */
export function notImplemented(what: string): StatusError {
  return new StatusError(
    501,
    "NotImplemented",
    `The simulator does not ${what}; use a real cluster for that.`,
  );
}

export function tooLargeResourceVersion(
  asked: number,
  current: number,
): StatusError {
  return new StatusError(
    504,
    "Timeout",
    `Timeout: Too large resource version: ${asked}, current: ${current}`,
    {
      causes: [
        {
          reason: "ResourceVersionTooLarge",
          message: "Too large resource version",
        },
      ],
      retryAfterSeconds: 1,
    },
  );
}
