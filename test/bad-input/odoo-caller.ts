import {
  decodeMethodResponse,
  encodeMethodCall,
  RpcFault,
  type RpcStruct,
  type RpcValue,
} from "@vworkspace/odoo-rpc";

/** UID of the first user of a database. */
export const FIRST_UID = 1;

export type OdooCall = readonly [
  model: string,
  method: string,
  args: readonly RpcValue[],
  keywords?: RpcStruct,
];

/** Sends calls of the first user, good or bad, and whole bodies. */
export class OdooCaller {
  constructor(
    private readonly url: string,
    readonly key: string,
  ) {}

  async create(model: string, values: RpcStruct): Promise<RpcValue> {
    return decodeMethodResponse(
      await this.execute([model, "create", [values]]),
    );
  }

  /** The answer's XML. */
  execute([model, method, args, keywords = {}]: OdooCall): Promise<string> {
    const params = ["any", FIRST_UID, this.key, model, method, args, keywords];
    return this.post(
      "/xmlrpc/2/object",
      encodeMethodCall("execute_kw", params),
    );
  }

  /** The answer's body, which comes with status 200 whatever it says. */
  async post(path: string, body: string): Promise<string> {
    const response = await this.send(path, body);
    expect(response.status).toBe(200);
    return response.text();
  }

  send(path: string, body: string): Promise<Response> {
    const type = path.startsWith("/xmlrpc") ? "text/xml" : "application/json";
    return fetch(`${this.url}${path}`, {
      method: "POST",
      headers: { "content-type": type },
      body,
    });
  }
}

/** Code and sentence of an answer that must be a fault of /xmlrpc/2. */
export function faultOf(xml: string): readonly [number, string] {
  const code = /<name>faultCode<\/name><value><int>(\d)<\/int>/.exec(xml)?.[1];
  try {
    decodeMethodResponse(xml);
  } catch (error) {
    if (error instanceof RpcFault) return [Number(code), error.message];
    throw error;
  }
  throw new Error(`This is no fault: ${xml.slice(0, 500)}`);
}
