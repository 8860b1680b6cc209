import { RpcUsageError } from "../rpc-errors";
import {
  isStruct,
  RPC_LIMITS,
  type RpcLimits,
  type RpcStruct,
} from "../rpc-value";
import { decodeJson } from "./decode-json";

/**
 * The named arguments of a JSON-2 call: a JSON object, or no body at all for none. Answers are the bare JSON of the value
 * (encodeJson), errors that of errorData.
 * @throws RpcUsageError malformed_json for what is no JSON in UTF-8, invalid_request for other JSON than an object
 */
export function decodeJson2Body(
  body: Uint8Array | string,
  limits: RpcLimits = RPC_LIMITS,
): RpcStruct {
  if (body.length === 0) return {};
  const args = decodeJson(body, limits);
  if (isStruct(args)) return args;
  throw new RpcUsageError(
    'The body must be a JSON object of named arguments, such as {"ids": [1], "fields": ["name"]}.',
  );
}
