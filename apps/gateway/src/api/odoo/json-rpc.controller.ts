import { Controller, Header, HttpCode, Post, Req } from "@nestjs/common";
import { JsonRpcSkin } from "./rpc/json-rpc.skin";
import type { RpcRequest } from "./rpc/rpc-request";

const JSON_TYPE = ["content-type", "application/json; charset=utf-8"] as const;

@Controller()
export class JsonRpcController {
  constructor(private readonly skin: JsonRpcSkin) {}

  @Post("jsonrpc")
  @HttpCode(200)
  @Header(...JSON_TYPE)
  service(@Req() request: RpcRequest): Promise<string> {
    return this.skin.service(request);
  }

  @Post("web/webclient/version_info")
  @HttpCode(200)
  @Header(...JSON_TYPE)
  version(@Req() request: RpcRequest): Promise<string> {
    return this.skin.version(request);
  }

  @Post("web/database/list")
  @HttpCode(200)
  @Header(...JSON_TYPE)
  databases(@Req() request: RpcRequest): Promise<string> {
    return this.skin.databases(request);
  }
}
