import { DomainError } from "@vworkspace/kernel";
import type { ServiceCall } from "../json/json-rpc";
import { RpcUsageError } from "../rpc-errors";
import { RpcFault } from "../rpc-fault";
import { isStruct, type RpcStruct, type RpcValue } from "../rpc-value";
import { ANSWER_LIMITS } from "./answer-limits";
import { HttpTransport } from "./http-transport";
import {
  type CallService,
  jsonRpcProtocol,
  xmlRpcProtocol,
} from "./rpc-protocol";
import type { RpcTransport } from "./rpc-transport";
import { withoutKey } from "./without-key";

export interface OdooCredentials {
  readonly database: string;
  readonly login: string;
  /** An API key or a password. Never part of an error. */
  readonly key: string;
}

export interface OdooClientOptions extends OdooCredentials {
  readonly url: string;
  readonly protocol: "xmlrpc" | "jsonrpc";
  /** For each call; 30 s when not said. */
  readonly timeoutMs?: number;
}

/** What calls methods of models by name, whatever the protocol. */
export interface OdooCaller {
  /** @throws DomainError unavailable (nobody knows whether it took effect), RpcFault (it did not) */
  call(model: string, method: string, named: RpcStruct): Promise<RpcValue>;
  close(): Promise<void>;
  /** Cuts off what is under way. */
  abort(): Promise<void>;
}

/**
 * Calls an Odoo, or what looks like one. Every call is sent once; DomainError `unavailable` means that nobody knows
 * whether it took effect, RpcFault that it did not.
 */
export class OdooClient implements OdooCaller {
  private readonly callService: CallService;
  private uid: Promise<number> | undefined;

  constructor(
    private readonly credentials: OdooCredentials,
    private readonly transport: RpcTransport,
    protocol: "xmlrpc" | "jsonrpc",
  ) {
    this.callService =
      protocol === "xmlrpc"
        ? xmlRpcProtocol(transport, ANSWER_LIMITS)
        : jsonRpcProtocol(transport, ANSWER_LIMITS);
  }

  /** A client over HTTP; close it when it is no longer needed. @throws DomainError for an unusable url */
  static connect(options: OdooClientOptions): OdooClient {
    const transport = new HttpTransport({
      url: options.url,
      timeoutMs: options.timeoutMs ?? 30_000,
      maxResponseBytes: ANSWER_LIMITS.bytes,
    });
    return new OdooClient(options, transport, options.protocol);
  }

  /** What the Odoo says of itself, without logging in: `{server_version, server_version_info, …}`. */
  async version(): Promise<RpcStruct> {
    const call = { service: "common", method: "version", args: [] };
    const version = await this.ask(call);
    if (!isStruct(version) || typeof version.server_version !== "string")
      throw this.unusable("does not say its version.");
    return version;
  }

  /** Logs in. @returns the uid @throws RpcFault of kind accessDenied */
  async authenticate(): Promise<number> {
    const { database, login, key } = this.credentials;
    const args = [database, login, key, {}];
    const call = { service: "common", method: "authenticate", args };
    const uid = await this.ask(call);
    if (typeof uid === "number") return uid;
    throw new RpcFault(
      "accessDenied",
      `The Odoo at ${this.transport.host} refuses the key of ${login} for the database ${database}.`,
    );
  }

  /** Calls a method of a model; logs in first when that has not happened yet. */
  async executeKw(
    model: string,
    method: string,
    positional: readonly RpcValue[],
    named: RpcStruct = {},
  ): Promise<RpcValue> {
    const { database, key } = this.credentials;
    const uid = await this.login();
    const args = [database, uid, key, model, method, positional, named];
    return this.ask({ service: "object", method: "execute_kw", args });
  }

  call(model: string, method: string, named: RpcStruct): Promise<RpcValue> {
    return this.executeKw(model, method, [], named);
  }

  close(): Promise<void> {
    return this.transport.close();
  }

  abort(): Promise<void> {
    return this.transport.abort();
  }

  /** Logging in costs an Odoo 190 ms, so calls share one login; a failed one is tried again by the next call. */
  private login(): Promise<number> {
    this.uid ??= this.authenticate().catch((error: unknown) => {
      this.uid = undefined;
      throw error;
    });
    return this.uid;
  }

  private async ask(call: ServiceCall): Promise<RpcValue> {
    try {
      return await this.callService(call);
    } catch (error) {
      throw this.explained(error);
    }
  }

  /** What the other side wrote may hold what we sent it. */
  private explained(error: unknown): unknown {
    if (error instanceof RpcFault)
      return new RpcFault(
        error.kind,
        withoutKey(error.message, this.credentials.key),
      );
    if (error instanceof RpcUsageError)
      return this.unusable(
        `gave an answer that can't be read: ${withoutKey(error.message, this.credentials.key)}`,
      );
    return error;
  }

  private unusable(what: string): DomainError {
    return new DomainError(
      "unavailable",
      `The Odoo at ${this.transport.host} ${what}`,
    );
  }
}
