import type { RpcStruct } from "@vworkspace/odoo-rpc";

/** The Odoo that we look like: from 19 on odooly uses JSON-2 for keys, from 10 on odoorpc signs in over /jsonrpc. */
export const SERVER_VERSION: RpcStruct = {
  server_version: "19.0",
  server_version_info: [19, 0, 0, "final", 0, ""],
  server_serie: "19.0",
  protocol_version: 1,
};

/** The same as `GET /web/version` says it. */
export const WEB_VERSION: RpcStruct = {
  version_info: [19, 0, 0, "final", 0, ""],
  version: "19.0",
};
