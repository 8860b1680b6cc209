import { Injectable } from "@nestjs/common";
import { DomainError } from "@vworkspace/kernel";
import {
  decodeJsonRpcRequest,
  encodeJsonRpcError,
  encodeJsonRpcResult,
  type JsonRpcId,
  type RpcStruct,
  type RpcValue,
  serviceCallOf,
} from "@vworkspace/odoo-rpc";
import { RpcFailures } from "./rpc-failures";
import { bodyOf, type RpcRequest } from "./rpc-request";
import { RpcServices } from "./rpc-services";
import { SERVER_VERSION } from "./server-version";

/** JSON-RPC: results and errors both come with status 200. */
@Injectable()
export class JsonRpcSkin {
  constructor(
    private readonly services: RpcServices,
    private readonly failures: RpcFailures,
  ) {}

  service(request: RpcRequest): Promise<string> {
    return this.answer(request, (params) =>
      this.services.call({
        ...serviceCallOf(params),
        wire: "json",
        visit: request.visit,
      }),
    );
  }

  version(request: RpcRequest): Promise<string> {
    return this.answer(request, () => Promise.resolve(SERVER_VERSION));
  }

  /** Which databases there are is nobody's business, as in an Odoo whose list is switched off. */
  databases(request: RpcRequest): Promise<string> {
    return this.answer(request, () =>
      Promise.reject(new DomainError("unauthenticated", "Access Denied")),
    );
  }

  private async answer(
    request: RpcRequest,
    work: (params: RpcStruct) => Promise<RpcValue>,
  ): Promise<string> {
    let id: JsonRpcId = null;
    try {
      const message = decodeJsonRpcRequest(bodyOf(request));
      id = message.id;
      return encodeJsonRpcResult(id, await work(message.params));
    } catch (error) {
      const failure = this.failures.of(error, request);
      return encodeJsonRpcError(id, failure);
    }
  }
}
