import { StatusError } from "../api/status-error";

/** One refusal of validation, in the words of the API (field.Error). */
export interface FieldError {
  readonly reason:
    | "FieldValueInvalid"
    | "FieldValueTypeInvalid"
    | "FieldValueRequired"
    | "FieldValueNotSupported"
    | "FieldValueDuplicate"
    | "FieldValueForbidden"
    | "FieldValueTooLong"
    | "FieldValueTooMany";
  /** Without a leading dot; list items as `[0]`, keys that are no identifier as `[key]`. */
  readonly field: string;
  readonly message: string;
}

export function childPath(path: string, name: string): string {
  return path === "" ? name : `${path}.${name}`;
}

export function invalidValue(
  field: string,
  value: unknown,
  why: string,
): FieldError {
  return {
    reason: "FieldValueInvalid",
    field,
    message: `Invalid value: ${shown(value)}: ${why}`,
  };
}

export function requiredValue(field: string, why = ""): FieldError {
  const message = why === "" ? "Required value" : `Required value: ${why}`;
  return { reason: "FieldValueRequired", field, message };
}

export function forbiddenValue(field: string, why: string): FieldError {
  return {
    reason: "FieldValueForbidden",
    field,
    message: `Forbidden: ${why}`,
  };
}

/** Objects and lists are named by their type, as the API does, so that a message stays short and holds no content. */
export function shown(value: unknown): string {
  if (Array.isArray(value)) return '"array"';
  if (typeof value === "object" && value !== null) return '"object"';
  return JSON.stringify(value ?? null);
}

/** 422 with every error in `details.causes`. */
export function invalid(
  about: { kind: string; group: string; name: string },
  errors: readonly FieldError[],
): StatusError {
  const sentences = errors.map(({ field, message }) => `${field}: ${message}`);
  const text =
    sentences.length === 1 ? sentences[0] : `[${sentences.join(", ")}]`;
  const kind = about.group === "" ? about.kind : `${about.kind}.${about.group}`;
  return new StatusError(
    422,
    "Invalid",
    `${kind} "${about.name}" is invalid: ${text}`,
    {
      name: about.name,
      ...(about.group === "" ? {} : { group: about.group }),
      kind: about.kind,
      causes: errors,
    },
  );
}
