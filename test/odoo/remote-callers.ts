import { encodeMethodCall, type RpcValue } from "@vworkspace/odoo-rpc";
import type { OdooRig } from "./odoo-rig";
import type { Person } from "./two-companies";

export interface RemoteCall {
  readonly model: string;
  readonly method: string;
  /** Undefined where the method takes none. */
  readonly ids: readonly number[] | undefined;
  readonly named: Readonly<Record<string, RpcValue>>;
}

/** Whoever can call Odoo from elsewhere. @returns the whole answer, of a refusal too, as it came */
export type RemoteCaller = (call: RemoteCall) => Promise<string>;

/** By Odoo's XML-RPC, with a password. */
export async function xmlRpcCaller(
  odoo: OdooRig,
  { id, password }: Person,
): Promise<RemoteCaller> {
  const ask = ({ model, method, ids, named }: RemoteCall) =>
    textOf(`${odoo.url}/xmlrpc/2/object`, "text/xml", {
      body: encodeMethodCall("execute_kw", [
        odoo.database,
        id,
        password,
        model,
        method,
        ids === undefined ? [] : [[...ids]],
        named,
      ]),
    });
  const own = await ask({
    model: "res.users",
    method: "read",
    ids: [id],
    named: { fields: ["login"] },
  });
  if (own.includes("faultCode")) throw new Error(own);
  return ask;
}

/** By Odoo's JSON-2, with a key. */
export async function json2Caller(
  odoo: OdooRig,
  { id, key }: Person,
): Promise<RemoteCaller> {
  const ask = ({ model, method, ids, named }: RemoteCall) =>
    textOf(`${odoo.url}/json/2/${model}/${method}`, "application/json", {
      authorization: `Bearer ${key || ""}`,
      "x-odoo-database": odoo.database,
      body: JSON.stringify({ ...(ids !== undefined && { ids }), ...named }),
    });
  const own = await ask({
    model: "res.users",
    method: "read",
    ids: [id],
    named: { fields: ["login"] },
  });
  if (!own.includes('"login"')) throw new Error(own);
  return ask;
}

/** By a browser's session: what the bus has for the channels that it names. @returns the answer as it came */
export async function peekCaller(
  { url, database }: OdooRig,
  { login, password }: Pick<Person, "login" | "password">,
): Promise<(channels: readonly string[]) => Promise<string>> {
  const jsonRpc = (path: string, params: object, cookie = "") =>
    fetch(`${url}${path}`, {
      method: "POST",
      headers: { "content-type": "application/json", cookie },
      body: JSON.stringify({ jsonrpc: "2.0", method: "call", id: 1, params }),
    });
  const opened = await jsonRpc("/web/session/authenticate", {
    db: database,
    login,
    password,
  });
  const cookie = opened.headers
    .getSetCookie()
    .map((one) => one.split(";")[0])
    .join("; ");
  return async (channels) => {
    const params = { channels, last: 0, is_first_poll: true };
    return (
      await jsonRpc("/websocket/peek_notifications", params, cookie)
    ).text();
  };
}

async function textOf(
  url: string,
  contentType: string,
  { body, ...headers }: Readonly<Record<string, string>>,
): Promise<string> {
  const response = await fetch(url, {
    method: "POST",
    headers: { "content-type": contentType, ...headers },
    ...(body !== undefined && { body }),
  });
  return response.text();
}
