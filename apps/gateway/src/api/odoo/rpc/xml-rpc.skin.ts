import { Injectable } from "@nestjs/common";
import {
  decodeMethodCall,
  encodeFault,
  encodeMethodResponse,
  numericFault,
  textualFault,
} from "@vworkspace/odoo-rpc";
import { RpcFailures } from "./rpc-failures";
import { bodyOf, type RpcRequest } from "./rpc-request";
import { RpcServices } from "./rpc-services";

/** How a fault's code is written: numbers on /xmlrpc/2, texts on /xmlrpc. */
const FAULTS = { "2": numericFault, "1": textualFault } as const;

/** XML-RPC: answers and faults both come with status 200. */
@Injectable()
export class XmlRpcSkin {
  constructor(
    private readonly services: RpcServices,
    private readonly failures: RpcFailures,
  ) {}

  async answer(
    request: RpcRequest,
    service: "common" | "object",
    version: keyof typeof FAULTS,
  ): Promise<string> {
    try {
      const { method, params } = decodeMethodCall(bodyOf(request));
      const { visit } = request;
      const call = {
        service,
        method,
        args: params,
        wire: "xml",
        visit,
      } as const;
      return encodeMethodResponse(await this.services.call(call));
    } catch (error) {
      const failure = this.failures.of(error, request);
      const { code, message } = FAULTS[version](failure);
      return encodeFault(code, message);
    }
  }
}
