import { Controller, Header, HttpCode, Post, Req } from "@nestjs/common";
import type { RpcRequest } from "./rpc/rpc-request";
import { XmlRpcSkin } from "./rpc/xml-rpc.skin";

const XML = ["content-type", "text/xml; charset=utf-8"] as const;

@Controller("xmlrpc")
export class XmlRpcController {
  constructor(private readonly skin: XmlRpcSkin) {}

  @Post("2/common")
  @HttpCode(200)
  @Header(...XML)
  common(@Req() request: RpcRequest): Promise<string> {
    return this.skin.answer(request, "common", "2");
  }

  @Post("2/object")
  @HttpCode(200)
  @Header(...XML)
  object(@Req() request: RpcRequest): Promise<string> {
    return this.skin.answer(request, "object", "2");
  }

  @Post("common")
  @HttpCode(200)
  @Header(...XML)
  commonWithTextualFaults(@Req() request: RpcRequest): Promise<string> {
    return this.skin.answer(request, "common", "1");
  }

  @Post("object")
  @HttpCode(200)
  @Header(...XML)
  objectWithTextualFaults(@Req() request: RpcRequest): Promise<string> {
    return this.skin.answer(request, "object", "1");
  }
}
