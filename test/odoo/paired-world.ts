import { execFile } from "node:child_process";
import { mkdtempSync, readFileSync, rmSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { promisify } from "node:util";
import { OdooClient } from "@vworkspace/odoo-rpc";
import { freePorts } from "../cluster/free-ports";
import { DemoProcess } from "../demo/demo-process";
import { assembleAddon } from "./assemble-addon";
import { addPerson } from "./odoo-people";
import { OdooRig, OdooSession, type OdooUser } from "./odoo-rig";

const CLI = "dist/apps/gateway/src/cli.js";

interface DemoFile {
  readonly url: string;
  readonly database: string;
  readonly login: string;
  readonly key: string;
}

interface Parts {
  readonly odoo: OdooRig;
  readonly demo: DemoProcess;
  readonly dataDir: string;
  /** Where the assembled addon is. */
  readonly folder: string;
  readonly file: DemoFile;
}

/**
 * A real Odoo with the addon, and what `npm start` runs: a gateway, an agent and a simulated cluster. They know nothing of
 * each other yet.
 */
export class PairedWorld {
  readonly odoo: OdooRig;
  /** The gateway's own administrator. */
  readonly gateway: OdooSession;
  /** Odoo's administrator. */
  readonly admin: OdooSession;

  private constructor(private readonly parts: Parts) {
    this.odoo = parts.odoo;
    const { file } = parts;
    this.gateway = new OdooSession(
      OdooClient.connect({ ...file, protocol: "jsonrpc" }),
    );
    this.admin = parts.odoo.connect();
  }

  static async start(): Promise<PairedWorld> {
    const folder = mkdtempSync(join(tmpdir(), "vworkspace-odoo-"));
    const addons = assembleAddon(folder);
    const [demoPort = 0, odooPort = 0] = await freePorts(2);
    const database = `vworkspace_${process.pid}`;
    const odoo = await OdooRig.start(addons, { port: odooPort, database });
    const dataDir = mkdtempSync(join(tmpdir(), "vworkspace-demo-"));
    const demo = new DemoProcess([
      ...["--data-dir", dataDir],
      ...["--port", String(demoPort)],
    ]);
    await demo.prints("Ctrl-C stops everything");
    const file = JSON.parse(
      readFileSync(join(dataDir, "demo.json"), "utf8"),
    ) as DemoFile;
    return new PairedWorld({ odoo, demo, dataDir, folder, file });
  }

  get gatewayUrl(): string {
    return this.parts.file.url;
  }

  /** A user of the gateway with the role bridge. @returns his API key */
  async bridgeKey(): Promise<string> {
    const values = { login: "odoo", name: "Odoo", role: "bridge" };
    const id = await this.gateway.create("res.users", values);
    const issued = await this.gateway.call(
      "res.users",
      "action_issue_api_key",
      [[id], "Odoo"],
    );
    return (issued as { key: string }).key;
  }

  async pairingCode(): Promise<string> {
    const model = "vworkspace.odoo.database";
    const id = await this.gateway.create(model, { name: "Odoo" });
    const issued = await this.gateway.call(model, "action_issue_pairing_code", [
      [id],
    ]);
    return (issued as { code: string }).code;
  }

  /** The gateway's command line, beside the gateway that runs. */
  async cli(...words: readonly string[]): Promise<string> {
    const { stdout } = await promisify(execFile)(
      process.execPath,
      [CLI, ...words],
      {
        env: {
          PATH: process.env["PATH"],
          VWORKSPACE_DATA_DIR: this.parts.dataDir,
        },
      },
    );
    return stdout;
  }

  /** A user of Odoo with a password and one of the addon's roles. */
  person(role: "operator" | "approver"): Promise<OdooUser> {
    return addPerson(this.admin, role);
  }

  async stop(): Promise<void> {
    await this.admin.close();
    await this.gateway.close();
    const { demo, odoo, dataDir, folder } = this.parts;
    await demo.interrupt();
    await odoo.stop();
    for (const made of [dataDir, folder])
      rmSync(made, { recursive: true, force: true });
  }
}
