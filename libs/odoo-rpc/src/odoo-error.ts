import type { ErrorCode } from "@vworkspace/contract";
import type { DomainError } from "@vworkspace/kernel";
import type { RpcStruct } from "./rpc-value";

/** The errors that Odoo's clients tell apart. */
export type OdooErrorKind =
  | "programming"
  | "user"
  | "validation"
  | "missing"
  | "accessDenied"
  | "accessError";

/** An error in Odoo's terms; the message is one sentence for a person and holds no secret. */
export interface OdooError {
  readonly kind: OdooErrorKind;
  readonly message: string;
  /** Ours, of a refusal of ours: JSON-2 has a status for some that are one kind to Odoo's older protocols. */
  readonly code?: ErrorCode;
}

interface OdooErrorShape {
  /** `faultCode` on /xmlrpc/2. */
  readonly faultCode: 1 | 2 | 3 | 4;
  /** What follows `warning -- ` in the string `faultCode` of /xmlrpc. */
  readonly warning?: string;
  /** Python's name of the exception, with its module. */
  readonly exception: string;
  /** Status on JSON-2. */
  readonly status: number;
  /** Our own code for the same, when an Odoo answers us with it. */
  readonly code: ErrorCode;
}

/** Odoo 19.0: addons/rpc/controllers/xmlrpc.py (faults), odoo/http (serialize_exception), odoo/exceptions.py. */
export const ODOO_ERRORS: Readonly<Record<OdooErrorKind, OdooErrorShape>> = {
  programming: {
    faultCode: 1,
    exception: "builtins.ValueError",
    status: 422,
    code: "invalid_request",
  },
  user: {
    faultCode: 2,
    warning: "UserError",
    exception: "odoo.exceptions.UserError",
    status: 422,
    code: "conflict",
  },
  validation: {
    faultCode: 2,
    // A ValidationError is a UserError to the handler of the string skin.
    warning: "UserError",
    exception: "odoo.exceptions.ValidationError",
    status: 422,
    code: "validation_failed",
  },
  missing: {
    faultCode: 2,
    warning: "MissingError",
    exception: "odoo.exceptions.MissingError",
    status: 404,
    code: "not_found",
  },
  accessDenied: {
    faultCode: 3,
    exception: "odoo.exceptions.AccessDenied",
    status: 401,
    code: "unauthenticated",
  },
  accessError: {
    faultCode: 4,
    warning: "AccessError",
    exception: "odoo.exceptions.AccessError",
    status: 403,
    code: "forbidden",
  },
};

const KIND_OF_CODE: Readonly<Record<ErrorCode, OdooErrorKind>> = {
  invalid_request: "programming",
  malformed_json: "programming",
  unauthenticated: "accessDenied",
  certificate_refused: "accessDenied",
  forbidden: "accessError",
  policy_denied: "user",
  not_found: "missing",
  method_not_allowed: "programming",
  not_acceptable: "programming",
  already_settled: "user",
  already_exists: "validation",
  conflict: "user",
  payload_too_large: "programming",
  unsupported_media_type: "programming",
  validation_failed: "validation",
  too_many_requests: "user",
  internal: "programming",
  unavailable: "user",
};

/** A refusal of ours in Odoo's terms; the message stays as it is. */
export function odooErrorOf(error: DomainError): OdooError {
  const { code, message } = error;
  return { kind: KIND_OF_CODE[code], message, code };
}

/** Where JSON-2's status says more than the kind does. */
const STATUS_OF_CODE: Readonly<Partial<Record<ErrorCode, number>>> = {
  malformed_json: 400,
  // Of a model: it has no method of that name.
  method_not_allowed: 404,
  payload_too_large: 413,
  unsupported_media_type: 415,
  too_many_requests: 429,
  internal: 500,
  unavailable: 503,
};

/** The status that an error has on JSON-2. */
export function json2Status({ kind, code }: OdooError): number {
  const finer = code === undefined ? undefined : STATUS_OF_CODE[code];
  return finer ?? ODOO_ERRORS[kind].status;
}

/** A fault as it is encoded: number or text, and a text. */
export interface FaultFields {
  readonly code: number | string;
  readonly message: string;
}

/** The fault of /xmlrpc/2: a number from 1 to 4 and the sentence. */
export function numericFault(error: OdooError): FaultFields {
  return { code: ODOO_ERRORS[error.kind].faultCode, message: error.message };
}

/**
 * The fault of /xmlrpc: the code is a text that holds the sentence, since that is where its clients look. As in Odoo,
 * the message beside a warning is empty.
 */
export function textualFault(error: OdooError): FaultFields {
  const { warning } = ODOO_ERRORS[error.kind];
  if (warning !== undefined)
    return { code: `warning -- ${warning}\n\n${error.message}`, message: "" };
  if (error.kind === "accessDenied")
    return { code: "AccessDenied", message: error.message };
  return { code: error.message, message: error.message };
}

/**
 * The `data` of a JSON-RPC error, which is also the whole body of a JSON-2 error. `debug` ends as a traceback of
 * Python's would, and is no more than that line.
 */
export function errorData(error: OdooError): RpcStruct {
  const { exception } = ODOO_ERRORS[error.kind];
  return {
    name: exception,
    message: error.message,
    arguments: [error.message],
    context: {},
    debug: `${exception}: ${error.message}`,
  };
}

/** The kind that an exception's name (`odoo.exceptions.AccessError`) stands for; unknown ones are programming errors. */
export function kindOfException(name: string): OdooErrorKind {
  const kinds = Object.keys(ODOO_ERRORS) as OdooErrorKind[];
  const known = kinds.find((kind) => ODOO_ERRORS[kind].exception === name);
  if (known !== undefined) return known;
  return name.startsWith("odoo.exceptions.") ? "user" : "programming";
}

/** The kind that a `faultCode` of either XML-RPC skin stands for; unknown ones are programming errors. */
export function kindOfFault(code: number | string): OdooErrorKind {
  if (code === 2) return "user";
  if (code === 3 || code === "AccessDenied") return "accessDenied";
  if (code === 4) return "accessError";
  const warning = /^warning -- (\w+)\n/.exec(String(code))?.[1];
  if (warning === undefined) return "programming";
  return kindOfException(`odoo.exceptions.${warning}`);
}
