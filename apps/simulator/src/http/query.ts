import type { ListQuery } from "../api/lists";
import {
  parseFieldSelector,
  parseLabelSelector,
  type Selector,
} from "../api/selectors";
import { badRequest } from "../api/status-error";
import type { DeleteOptions, WriteOptions } from "../api/write-request";
import { fieldsAt, isFields, stringAt, valueAt } from "../json";
import type { ResourceType } from "../resources/resource-type";
import { invalid, type FieldError } from "../schema/field-error";

/** Both selectors of a list or watch as one; undefined when there is none. */
export function selectorOf(
  query: URLSearchParams,
  type: ResourceType,
): Selector | undefined {
  const labels = query.get("labelSelector");
  const fields = query.get("fieldSelector");
  if (!labels && !fields) return undefined;
  const byLabel = parseLabelSelector(labels ?? "");
  const byField = parseFieldSelector(fields ?? "", type);
  return (object) => byLabel(object) && byField(object);
}

export function listQuery(
  query: URLSearchParams,
  type: ResourceType,
): ListQuery {
  const selector = selectorOf(query, type);
  const text = (name: string) => query.get(name) || undefined;
  const continueToken = text("continue");
  const resourceVersion = text("resourceVersion");
  const resourceVersionMatch = text("resourceVersionMatch");
  return {
    ...(selector ? { selector } : {}),
    limit: wholeNumber(query, "limit"),
    ...(continueToken ? { continueToken } : {}),
    ...(resourceVersion ? { resourceVersion } : {}),
    ...(resourceVersionMatch ? { resourceVersionMatch } : {}),
  };
}

/** @returns 0 when the parameter is absent. @throws StatusError 400 */
export function wholeNumber(query: URLSearchParams, name: string): number {
  const text = query.get(name) ?? "";
  if (text === "") return 0;
  if (!/^\d{1,15}$/.test(text))
    throw badRequest(
      `strconv.ParseInt: parsing ${JSON.stringify(text)}: invalid syntax`,
    );
  return Number(text);
}

/** True for `true` and `1`, as the API reads booleans. */
export function isTrue(query: URLSearchParams, name: string): boolean {
  return ["true", "1"].includes(query.get(name) ?? "");
}

export function isDryRun(query: URLSearchParams, optionsKind: string): boolean {
  const values = query.getAll("dryRun").filter((value) => value !== "");
  if (values.some((value) => value !== "All"))
    throw badOption(optionsKind, {
      reason: "FieldValueNotSupported",
      field: "dryRun",
      message: `Unsupported value: ${JSON.stringify(values)}: supported values: "All"`,
    });
  return values.length > 0;
}

export function badOption(kind: string, error: FieldError) {
  return invalid({ kind, group: "meta.k8s.io", name: "" }, [error]);
}

/** @param userAgent names the field manager when the query does not */
export function writeOptions(
  query: URLSearchParams,
  optionsKind: string,
  userAgent: string,
): WriteOptions & { readonly warnings: string[] } {
  const validation = query.get("fieldValidation") ?? "";
  const warnings: string[] = [];
  return {
    fieldManager:
      query.get("fieldManager") || userAgent.split("/")[0] || "unknown",
    isDryRun: isDryRun(query, optionsKind),
    fieldValidation:
      validation === "Strict" || validation === "Ignore" ? validation : "Warn",
    warnings,
    warn: (text) => warnings.push(text),
  };
}

/** Delete options come in the body, and partly in the query. @throws StatusError 400 */
export function deleteOptions(
  query: URLSearchParams,
  body: unknown,
): DeleteOptions {
  if (body !== undefined && !isFields(body))
    throw badRequest("the delete options must be an object");
  const given = fieldsAt(body, "preconditions");
  const preconditions = Object.fromEntries(
    ["uid", "resourceVersion"]
      .filter((name) => stringAt(given, name) !== "")
      .map((name) => [name, stringAt(given, name)]),
  );
  const policy =
    stringAt(body, "propagationPolicy") || query.get("propagationPolicy");
  return {
    preconditions,
    ...propagation(policy, valueAt(body, "orphanDependents") === true),
    isDryRun:
      isDryRun(query, "DeleteOptions") ||
      JSON.stringify(valueAt(body, "dryRun")) === '["All"]',
  };
}

function propagation(
  policy: string | null,
  isOrphaning: boolean,
): Pick<DeleteOptions, "propagationPolicy"> {
  if (isOrphaning) return { propagationPolicy: "Orphan" };
  switch (policy || "Background") {
    case "Background":
    case "Foreground":
    case "Orphan":
      return {
        propagationPolicy: (policy || "Background") as "Background",
      };
    default:
      throw badOption("DeleteOptions", {
        reason: "FieldValueNotSupported",
        field: "propagationPolicy",
        message: `Unsupported value: ${JSON.stringify(policy)}: supported values: "Foreground", "Background", "Orphan", "nil"`,
      });
  }
}
