import { numericFault, type OdooError } from "../../odoo-error";
import {
  decodeJsonRpcRequest,
  encodeJsonRpcError,
  encodeJsonRpcResult,
  serviceCallOf,
  type ServiceCall,
} from "../../json/json-rpc";
import type { RpcStruct, RpcValue } from "../../rpc-value";
import { decodeMethodCall } from "../../xml/decode-xml-rpc";
import { encodeFault, encodeMethodResponse } from "../../xml/encode-xml-rpc";

export interface FakeAnswer {
  readonly status: number;
  readonly contentType: string;
  readonly body: string;
}

class FakeOdooError extends Error {
  constructor(readonly error: OdooError) {
    super(error.message);
  }
}

const LOGIN = { database: "demo", login: "bridge", key: "s3cret-key", uid: 7 };

/** An Odoo with one user and one model, `note`, that has `create`, `read` and methods that fail each in their way. */
export class FakeOdoo {
  static readonly credentials = {
    database: LOGIN.database,
    login: LOGIN.login,
    key: LOGIN.key,
  };

  /** How many calls of each service method arrived. */
  readonly calls = new Map<string, number>();
  private readonly notes: RpcStruct[] = [];

  answer(path: string, body: string): FakeAnswer {
    if (path === "/jsonrpc") return json(this.answerJson(body));
    const service = /^\/xmlrpc\/2\/(\w+)$/.exec(path)?.[1];
    if (service === undefined)
      return { status: 404, contentType: "text/html", body: "<h1>404</h1>" };
    return xml(this.answerXml(service, body));
  }

  private answerXml(service: string, body: string): string {
    const { method, params } = decodeMethodCall(body);
    return this.attempt(
      () => encodeMethodResponse(this.run({ service, method, args: params })),
      (error) => {
        const { code, message } = numericFault(error);
        return encodeFault(code, message);
      },
    );
  }

  private answerJson(body: string): string {
    const { id, params } = decodeJsonRpcRequest(body);
    return this.attempt(
      () => encodeJsonRpcResult(id, this.run(serviceCallOf(params))),
      (error) => encodeJsonRpcError(id, error),
    );
  }

  private attempt(
    work: () => string,
    refuse: (error: OdooError) => string,
  ): string {
    try {
      return work();
    } catch (error) {
      if (error instanceof FakeOdooError) return refuse(error.error);
      throw error;
    }
  }

  private run({ service, method, args }: ServiceCall): RpcValue {
    const name = `${service}.${method}`;
    this.calls.set(name, (this.calls.get(name) ?? 0) + 1);
    if (name === "common.version") return { server_version: "19.0" };
    const [database, who, key, ...rest] = args;
    const isKnown = database === LOGIN.database && key === LOGIN.key;
    if (name === "common.authenticate")
      return isKnown && who === LOGIN.login ? LOGIN.uid : false;
    if (!isKnown || who !== LOGIN.uid)
      throw new FakeOdooError({
        kind: "accessDenied",
        message: "Access Denied",
      });
    return this.execute(rest as [string, string, RpcValue[]]);
  }

  private execute([model, method, args]: [
    string,
    string,
    RpcValue[],
  ]): RpcValue {
    if (model !== "note")
      throw new FakeOdooError({
        kind: "user",
        message: `Object ${model} doesn't exist`,
      });
    switch (method) {
      case "create":
        this.notes.push(args[0] as RpcStruct);
        return this.notes.length;
      case "read":
        return this.notes[(args[0] as number) - 1] ?? [];
      case "echo_credentials":
        throw new FakeOdooError({
          kind: "programming",
          message: `bad call with ${LOGIN.key}`,
        });
      default:
        throw new FakeOdooError({
          kind: "accessError",
          message: `${method} is private`,
        });
    }
  }
}

function json(body: string): FakeAnswer {
  return { status: 200, contentType: "application/json; charset=utf-8", body };
}

function xml(body: string): FakeAnswer {
  return { status: 200, contentType: "text/xml; charset=utf-8", body };
}
