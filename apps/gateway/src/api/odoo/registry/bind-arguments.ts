import {
  isList,
  isStruct,
  parseIds,
  type RpcStruct,
  RpcUsageError,
  type RpcValue,
} from "@vworkspace/odoo-rpc";
import type { OnBehalfOf } from "../../../trust/identity/domain/actor";
import type { ModelCall, ModelMethod } from "./model-method";

export interface BoundArguments extends Pick<
  ModelCall,
  "ids" | "args" | "requestId" | "context"
> {
  readonly onBehalfOf: OnBehalfOf | undefined;
  /** Odoo's `database.uuid`, as a bridge says it in the context. */
  readonly databaseUuid: string | undefined;
}

/** Keywords that any method takes: two of ours, which may also stand in the context, and Odoo's context. */
const COMMON = new Set(["context", "request_id", "on_behalf_of"]);
const MAX_LOGIN_CHARACTERS = 128;

/**
 * Gives positional and keyword arguments their names.
 * @throws RpcUsageError naming the argument that is unknown, double or of the wrong type
 */
export function bindArguments(
  name: string,
  method: ModelMethod,
  given: { positional: readonly RpcValue[]; keywords: RpcStruct },
): BoundArguments {
  const names = method.takesIds
    ? ["ids", ...method.parameters]
    : method.parameters;
  const { positional, keywords } = given;
  if (positional.length > names.length)
    throw new RpcUsageError(
      `${name} takes ${names.length === 0 ? "no positional arguments" : `at most ${names.length}: ${names.join(", ")}`}; ${positional.length} were sent.`,
    );
  const args = new Map<string, RpcValue>();
  positional.forEach((value, index) => args.set(names[index] ?? "", value));
  for (const [keyword, value] of Object.entries(keywords)) {
    if (COMMON.has(keyword)) continue;
    if (!names.includes(keyword))
      throw new RpcUsageError(
        `${name} has no argument ${keyword.slice(0, 80)}; there are ${[...names, ...COMMON].join(", ")}.`,
      );
    if (args.has(keyword))
      throw new RpcUsageError(`${name} got ${keyword} twice.`);
    args.set(keyword, value);
  }
  return { ...named(args, method), ...common(keywords) };
}

function named(args: Map<string, RpcValue>, method: ModelMethod) {
  const ids = method.takesIds ? parseIds(args.get("ids")) : [];
  return { ids, args: Object.fromEntries(args) };
}

function common(
  keywords: RpcStruct,
): Pick<
  BoundArguments,
  "requestId" | "onBehalfOf" | "databaseUuid" | "context"
> {
  const given = keywords["context"] ?? false;
  if (given !== false && !isStruct(given))
    throw new RpcUsageError("context must be a struct.");
  const context = given === false ? {} : given;
  const requestId = keywords["request_id"] ?? context["request_id"];
  const onBehalfOf = keywords["on_behalf_of"] ?? context["on_behalf_of"];
  return {
    context,
    requestId: requestIdOf(requestId),
    onBehalfOf: onBehalfOfOf(onBehalfOf),
    databaseUuid: databaseUuidOf(context["database_uuid"]),
  };
}

function requestIdOf(value: RpcValue | undefined): string | undefined {
  if (value === undefined || value === null || value === false)
    return undefined;
  if (typeof value === "string") return value;
  throw new RpcUsageError("request_id must be a text.");
}

function databaseUuidOf(value: RpcValue | undefined): string | undefined {
  if (value === undefined || value === null || value === false)
    return undefined;
  if (typeof value === "string") return value;
  throw new RpcUsageError("database_uuid of the context must be a text.");
}

function onBehalfOfOf(value: RpcValue | undefined): OnBehalfOf | undefined {
  if (value === undefined || value === null || value === false)
    return undefined;
  const { odoo_uid, login } = isStruct(value) ? value : {};
  const fits =
    Number.isSafeInteger(odoo_uid) &&
    typeof login === "string" &&
    login !== "" &&
    login.length <= MAX_LOGIN_CHARACTERS;
  if (fits) return { odoo_uid: odoo_uid as number, login };
  throw new RpcUsageError(
    `on_behalf_of must be a struct {"odoo_uid": 7, "login": "ann"} with a login of 1 to ${MAX_LOGIN_CHARACTERS} characters.`,
  );
}

/** A positional list argument, where a protocol sends all of them in one. */
export function argumentList(value: RpcValue | undefined): readonly RpcValue[] {
  if (value === undefined || value === null) return [];
  if (isList(value)) return value;
  throw new RpcUsageError(
    "The positional arguments of execute_kw must be a list.",
  );
}

export function keywordStruct(value: RpcValue | undefined): RpcStruct {
  if (value === undefined || value === null || value === false) return {};
  if (isStruct(value)) return value;
  throw new RpcUsageError(
    "The keyword arguments of execute_kw must be a struct.",
  );
}
