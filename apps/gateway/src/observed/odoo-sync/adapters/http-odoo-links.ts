import { DomainError } from "@vworkspace/kernel";
import {
  isList,
  isStruct,
  Json2Client,
  type OdooCaller,
  OdooClient,
  printableInXml,
  type RpcStruct,
  type RpcValue,
} from "@vworkspace/odoo-rpc";
import type { UpdateBatch } from "../domain/batch";
import { type OdooAccess, OdooLink, OdooLinks } from "../domain/odoo-link";

const SYNC = "vworkspace.sync";
/** The first Odoo with JSON-2; its older protocols end with Odoo 22. */
const FIRST_WITH_JSON2 = 19;

/** Odoos over HTTP, by JSON-2 where the server has it. */
export class HttpOdooLinks extends OdooLinks {
  /** @param timeoutMs for one call */
  constructor(private readonly timeoutMs: number) {
    super();
  }

  override open(access: OdooAccess): OdooLink {
    return new HttpOdooLink({ ...access, timeoutMs: this.timeoutMs });
  }
}

interface Chosen {
  readonly caller: OdooCaller;
  readonly isXml: boolean;
}

class HttpOdooLink extends OdooLink {
  private chosen: Promise<Chosen> | undefined;

  constructor(
    private readonly access: OdooAccess & { readonly timeoutMs: number },
  ) {
    super();
  }

  override async databaseUuid(stopping: AbortSignal): Promise<string> {
    const answer = await this.call("ping", {}, stopping);
    const uuid = isStruct(answer) ? answer["database_uuid"] : undefined;
    if (typeof uuid === "string") return uuid;
    throw new DomainError(
      "unavailable",
      "The Odoo does not say its database.uuid: look whether the addon vworkspace is installed there.",
    );
  }

  override applyUpdates(
    batch: UpdateBatch,
    stopping: AbortSignal,
  ): Promise<unknown> {
    const { epoch, organization, items } = batch;
    const carried = { epoch, organization, items: items.map(asStruct) };
    return this.call("apply_updates", { batch: carried }, stopping);
  }

  override async close(): Promise<void> {
    await (await this.chosen?.catch(() => undefined))?.caller.close();
  }

  private async call(
    method: string,
    named: RpcStruct,
    stopping: AbortSignal,
  ): Promise<RpcValue> {
    stopping.throwIfAborted();
    const { caller, isXml } = await this.choose();
    const cutOff = () => void caller.abort().catch(() => undefined);
    stopping.addEventListener("abort", cutOff, { once: true });
    try {
      return await caller.call(SYNC, method, isXml ? printable(named) : named);
    } finally {
      stopping.removeEventListener("abort", cutOff);
    }
  }

  private choose(): Promise<Chosen> {
    this.chosen ??= this.connect().catch((error: unknown) => {
      this.chosen = undefined;
      throw error;
    });
    return this.chosen;
  }

  private async connect(): Promise<Chosen> {
    const { protocol, ...access } = this.access;
    const json2 = () => ({ caller: Json2Client.connect(access), isXml: false });
    if (protocol === "json2") return json2();
    const caller = OdooClient.connect({ ...access, protocol: "xmlrpc" });
    if (protocol === "xmlrpc") return { caller, isXml: true };
    try {
      const version = await caller.version();
      if (majorOf(version["server_version"]) < FIRST_WITH_JSON2)
        return { caller, isXml: true };
    } catch (error) {
      await caller.close();
      throw error;
    }
    await caller.close();
    return json2();
  }
}

/** Of `19.0`, `saas~18.2` or `17.0+e`. */
function majorOf(version: RpcValue | undefined): number {
  return typeof version === "string"
    ? Number(/\d+/.exec(version)?.[0] ?? 0)
    : 0;
}

function asStruct(item: UpdateBatch["items"][number]): RpcStruct {
  return { ...item, values: { ...item.values } };
}

/** Texts of clusters may hold characters that XML can't; one of them must not keep everything else from being told. */
function printable<T extends RpcValue>(value: T): T;
function printable(value: RpcValue): RpcValue {
  if (typeof value === "string") return printableInXml(value);
  if (isList(value)) return value.map((one) => printable(one));
  if (!isStruct(value)) return value;
  return Object.fromEntries(
    Object.entries(value).map(([key, one]) => [key, printable(one)]),
  );
}
