import {
  decodeJsonRpcResponse,
  encodeJsonRpcCall,
  type ServiceCall,
} from "../json/json-rpc";
import type { RpcLimits, RpcValue } from "../rpc-value";
import { decodeMethodResponse } from "../xml/decode-xml-rpc";
import { encodeMethodCall } from "../xml/encode-xml-rpc";
import type { RpcTransport } from "./rpc-transport";

/** An Odoo's `common` and `object` services, whatever the protocol. @throws RpcFault for an error it answers with */
export type CallService = (call: ServiceCall) => Promise<RpcValue>;

/** /xmlrpc/2, which answers errors with a number. */
export function xmlRpcProtocol(
  transport: RpcTransport,
  limits: RpcLimits,
): CallService {
  return async ({ service, method, args }) => {
    const body = encodeMethodCall(method, args);
    const path = `/xmlrpc/2/${service}`;
    const answer = await transport.post(path, "text/xml", body);
    return decodeMethodResponse(answer, limits);
  };
}

/** /jsonrpc. */
export function jsonRpcProtocol(
  transport: RpcTransport,
  limits: RpcLimits,
): CallService {
  let id = 0;
  return async (call) => {
    const current = (id += 1);
    const body = encodeJsonRpcCall(current, call);
    const answer = await transport.post("/jsonrpc", "application/json", body);
    return decodeJsonRpcResponse(answer, current, limits);
  };
}
