import { errorData, type OdooError } from "../odoo-error";
import { RpcUsageError } from "../rpc-errors";
import { RpcFault } from "../rpc-fault";
import {
  isList,
  isStruct,
  RPC_LIMITS,
  type RpcLimits,
  type RpcStruct,
  type RpcValue,
} from "../rpc-value";
import { decodeJson } from "./decode-json";

/** Comes back as it was sent; null when the caller sent none, or something that is no id. */
export type JsonRpcId = string | number | null;

/** `{"jsonrpc":"2.0","method":"call","params":{…},"id":n}`; Odoo reads params and id only, and so do we. */
export interface JsonRpcRequest {
  readonly id: JsonRpcId;
  readonly params: RpcStruct;
}

/** What /jsonrpc expects in params. */
export interface ServiceCall {
  readonly service: string;
  readonly method: string;
  readonly args: readonly RpcValue[];
}

/** @throws RpcUsageError for what is no JSON object, is a batch, or has params that are no object. */
export function decodeJsonRpcRequest(
  body: Uint8Array | string,
  limits: RpcLimits = RPC_LIMITS,
): JsonRpcRequest {
  const message = decodeJson(body, limits);
  if (isList(message))
    throw new RpcUsageError("A batch of JSON-RPC calls is not accepted.");
  if (!isStruct(message))
    throw new RpcUsageError("The body must be a JSON-RPC object.");
  const { params = {} } = message;
  if (!isStruct(params))
    throw new RpcUsageError("The params of a JSON-RPC call must be an object.");
  return { id: idOf(message.id), params };
}

function idOf(id: RpcValue | undefined): JsonRpcId {
  return typeof id === "string" || typeof id === "number" ? id : null;
}

/** Reads `{service, method, args}`. @throws RpcUsageError naming the one that doesn't fit. */
export function serviceCallOf(params: RpcStruct): ServiceCall {
  const { service, method, args } = params;
  if (typeof service !== "string")
    throw new RpcUsageError("params.service must be 'common' or 'object'.");
  if (typeof method !== "string")
    throw new RpcUsageError("params.method must be the name of a method.");
  if (!isList(args)) throw new RpcUsageError("params.args must be a list.");
  return { service, method, args };
}

/** The answer to a call, as text. Bytes become base64, as Odoo's binary fields do. */
export function encodeJsonRpcResult(id: JsonRpcId, result: RpcValue): string {
  return encodeJson({ jsonrpc: "2.0", id, result });
}

/** The answer to a call that failed, as text; it travels with HTTP status 200. */
export function encodeJsonRpcError(id: JsonRpcId, error: OdooError): string {
  const data = errorData(error);
  return encodeJson({
    jsonrpc: "2.0",
    id,
    error: { code: 0, message: "Odoo Server Error", data },
  });
}

/** A call of a service, as text. */
export function encodeJsonRpcCall(id: JsonRpcId, call: ServiceCall): string {
  const { service, method, args } = call;
  const params = { service, method, args };
  return encodeJson({ jsonrpc: "2.0", method: "call", params, id });
}

/** @throws RpcFault when the answer is an error, RpcUsageError when it is no answer to the call with this id. */
export function decodeJsonRpcResponse(
  body: Uint8Array | string,
  id: JsonRpcId,
  limits: RpcLimits = RPC_LIMITS,
): RpcValue {
  const message = decodeJson(body, limits);
  if (!isStruct(message) || message.id !== id)
    throw new RpcUsageError("The body is no JSON-RPC answer to this call.");
  if (message.error !== undefined) throw faultOf(message.error);
  // Odoo leaves result out when a method returned nothing.
  return message.result ?? null;
}

function faultOf(error: RpcValue): RpcFault {
  const { data, message } = isStruct(error) ? error : {};
  const details = isStruct(data) ? data : {};
  const name = typeof details.name === "string" ? details.name : "";
  const texts = [details.message, message, "The answer is an error."];
  const text = texts.find((one) => typeof one === "string" && one !== "");
  return RpcFault.fromException(name, text as string);
}

/** JSON text of a value; bytes become base64. */
export function encodeJson(value: RpcValue): string {
  return JSON.stringify(value, function (this: RpcStruct, key, plain: unknown) {
    // Buffer.toJSON has already run on `plain`; the holder still has the bytes.
    const original = this[key];
    return original instanceof Uint8Array
      ? Buffer.from(original).toString("base64")
      : plain;
  });
}
