import { RpcUsageError } from "../rpc-errors";
import { RpcFault } from "../rpc-fault";
import { decodeJson } from "../json/decode-json";
import { encodeJson } from "../json/json-rpc";
import type { OdooErrorKind } from "../odoo-error";
import { isStruct, type RpcStruct, type RpcValue } from "../rpc-value";
import { ANSWER_LIMITS } from "./answer-limits";
import { HttpTransport } from "./http-transport";
import type {
  OdooCaller,
  OdooClientOptions,
  OdooCredentials,
} from "./odoo-client";
import type { HttpAnswer, RpcTransport } from "./rpc-transport";
import { withoutKey } from "./without-key";

/** What these mean whatever the body says; a server before Odoo may have written it. */
const KIND_OF_STATUS: ReadonlyMap<number, OdooErrorKind> = new Map([
  [401, "accessDenied"],
  [403, "accessError"],
]);

/** Calls an Odoo 19 or later by JSON-2: no login, named arguments, the key as bearer token. Every call is sent once. */
export class Json2Client implements OdooCaller {
  constructor(
    private readonly credentials: Pick<OdooCredentials, "database" | "key">,
    private readonly transport: RpcTransport,
  ) {}

  /** A client over HTTP; close it when it is no longer needed. @throws DomainError for an unusable url */
  static connect(options: Omit<OdooClientOptions, "protocol">): Json2Client {
    const transport = new HttpTransport({
      url: options.url,
      timeoutMs: options.timeoutMs ?? 30_000,
      maxResponseBytes: ANSWER_LIMITS.bytes,
    });
    return new Json2Client(options, transport);
  }

  async call(
    model: string,
    method: string,
    named: RpcStruct,
  ): Promise<RpcValue> {
    const { database, key } = this.credentials;
    const answer = await this.transport.exchange({
      path: `/json/2/${encodeURIComponent(model)}/${encodeURIComponent(method)}`,
      headers: {
        "content-type": "application/json",
        authorization: `Bearer ${key}`,
        "x-odoo-database": database,
      },
      body: encodeJson(named),
    });
    if (answer.status === 200) return this.decoded(answer);
    throw this.failureOf(answer);
  }

  close(): Promise<void> {
    return this.transport.close();
  }

  abort(): Promise<void> {
    return this.transport.abort();
  }

  private decoded(answer: HttpAnswer): RpcValue {
    try {
      return decodeJson(answer.body, ANSWER_LIMITS);
    } catch (error) {
      if (!(error instanceof RpcUsageError)) throw error;
      throw this.transport.refusal(
        "gave an answer that can't be read; check the address of the Odoo",
      );
    }
  }

  /** Odoo's own refusals are JSON; anything else was written by who doesn't know the call, or by a proxy. */
  private failureOf(answer: HttpAnswer): Error {
    const { status, contentType } = answer;
    const isOdoos = contentType.startsWith("application/json");
    const body = isOdoos ? this.decoded(answer) : null;
    const { name, message } = isStruct(body) ? body : {};
    if (typeof message === "string")
      return this.faultOf(
        status,
        typeof name === "string" ? name : "",
        message,
      );
    const kind = KIND_OF_STATUS.get(status);
    const { database } = this.credentials;
    if (kind !== undefined)
      return new RpcFault(
        kind,
        `The Odoo at ${this.transport.host} refuses the key for the database ${database}.`,
      );
    // A database that isn't there is answered with a page.
    return this.transport.refusal(
      status === 404
        ? `has no database ${database}, or no JSON-2 at this address`
        : `answered with HTTP status ${status}; check the address of the Odoo`,
    );
  }

  private faultOf(status: number, name: string, message: string): RpcFault {
    const fault = RpcFault.fromException(name, message);
    return new RpcFault(
      KIND_OF_STATUS.get(status) ?? fault.kind,
      withoutKey(fault.message, this.credentials.key),
    );
  }
}
