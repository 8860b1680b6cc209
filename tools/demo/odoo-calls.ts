import {
  OdooClient,
  RpcFault,
  type RpcStruct,
  type RpcValue,
} from "@vworkspace/odoo-rpc";
import type { DemoFile } from "./demo-file";

/** Somebody with a key of his own. */
export interface Person {
  readonly login: string;
  readonly key: string;
}

/** Uses the gateway as one person's Odoo client would: XML-RPC, and nothing else. */
export class OdooCalls {
  private readonly client: OdooClient;

  constructor(
    { url, database }: Pick<DemoFile, "url" | "database">,
    { login, key }: Person,
  ) {
    const protocol = "xmlrpc";
    this.client = OdooClient.connect({ url, database, login, key, protocol });
  }

  close(): Promise<void> {
    return this.client.close();
  }

  /** Whether the key is that person's there. */
  async mayEnter(): Promise<boolean> {
    try {
      await this.client.authenticate();
      return true;
    } catch (error) {
      if (error instanceof RpcFault) return false;
      throw error;
    }
  }

  call(
    model: string,
    method: string,
    positional: readonly unknown[],
  ): Promise<RpcValue> {
    return this.client.executeKw(model, method, positional as RpcValue[]);
  }

  async read(
    model: string,
    domain: readonly unknown[],
    fields: readonly string[],
  ): Promise<RpcStruct[]> {
    const named = { fields: [...fields] };
    const given = [domain as RpcValue];
    return (await this.client.executeKw(
      model,
      "search_read",
      given,
      named,
    )) as RpcStruct[];
  }
}

/** A field that is text or a number, as text. */
export function text(record: RpcStruct, field: string): string {
  const value = record[field];
  return typeof value === "string" || typeof value === "number"
    ? String(value)
    : "";
}
