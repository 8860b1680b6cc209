import { cpSync, mkdtempSync, rmSync } from "node:fs";
import { tmpdir } from "node:os";
import { join, resolve } from "node:path";
import { setTimeout as sleep } from "node:timers/promises";
import { OdooClient } from "@vworkspace/odoo-rpc";
import { Client } from "pg";
import { eventually } from "../cluster/eventually";
import { freePorts } from "../cluster/free-ports";
import { GatewayProcess } from "../conformance/gateway-process";
import { assembleAddon } from "./assemble-addon";
import { OdooRig, OdooSession, type OdooUser } from "./odoo-rig";
import { GATEWAY_SAMPLES, odooSamples } from "./scale-samples";

/** Measures, from inside of Odoo: test/odoo/vworkspace_scale. */
const PROBE = "vworkspace_scale";
const DATABASE = "vworkspace.odoo.database";
const KEY = "c".repeat(64);
const WAIT_MS = 600_000;
const LOOK_MS = 5_000;
const ADMIN: OdooUser = { login: "admin", password: "admin" };

interface Parts {
  readonly odoo: OdooRig;
  readonly process: GatewayProcess;
  readonly folder: string;
  readonly url: string;
  readonly sql: Client;
}

/** A real Odoo and a real gateway with the same records in both, and no cluster behind them. */
export class ScaleWorld {
  /** The gateway's own administrator. */
  private readonly gateway: OdooSession;
  /** Odoo's administrator. */
  readonly admin: OdooSession;
  private readonly sessions: OdooSession[] = [];

  private constructor(private readonly parts: Parts) {
    this.gateway = this.opened(
      OdooClient.connect({
        url: parts.url,
        database: "gateway",
        login: "suite",
        key: KEY,
        protocol: "jsonrpc",
      }),
    );
    this.admin = this.session(ADMIN);
  }

  static async start(): Promise<ScaleWorld> {
    const folder = mkdtempSync(join(tmpdir(), "vworkspace-scale-"));
    const addons = assembleAddon(folder);
    cpSync(resolve("test/odoo", PROBE), join(addons, PROBE), {
      recursive: true,
    });
    const [port = 0] = await freePorts(1);
    const database = `scale_${process.pid}`;
    const odoo = await OdooRig.start(addons, { port, database });
    const { process: gateway, url } = await GatewayProcess.start({
      VWORKSPACE_BOOTSTRAP_ADMIN: `suite:${KEY}`,
    });
    const sql = new Client({ connectionString: await gateway.databaseUrl() });
    await sql.connect();
    return new ScaleWorld({ odoo, process: gateway, folder, url, sql });
  }

  /** Records of two companies in Odoo, and of the first one in the gateway; and what measures. @returns the companies */
  async fill(): Promise<readonly [number, number]> {
    const { admin } = this;
    const paired = (await admin.require("res.company", [])).id;
    const other = await admin.create("res.company", { name: "Other" });
    await this.odooSql(odooSamples(paired, other));
    await this.fillGateway();
    await admin.call("ir.module.module", "update_list");
    const { id } = await admin.require("ir.module.module", [
      ["name", "=", PROBE],
    ]);
    await admin.call("ir.module.module", "button_immediate_install", [[id]]);
    return [paired, other];
  }

  private async fillGateway(): Promise<void> {
    const { sql } = this.parts;
    const found = await sql.query<{ organization_id: string; id: string }>(
      "select organization_id, id from users where login = 'suite'",
    );
    const [user] = found.rows;
    for (const statement of GATEWAY_SAMPLES)
      await sql.query(
        statement,
        ["$1", "$2"].flatMap((parameter, index) =>
          statement.includes(parameter)
            ? [index === 0 ? user?.organization_id : user?.id]
            : [],
        ),
      );
  }

  /** As a person does it: an address, a key, a code. */
  async pair(): Promise<void> {
    const { admin, gateway } = this;
    const values = { login: "odoo", name: "Odoo", role: "bridge" };
    const user = await gateway.create("res.users", values);
    const { key } = (await gateway.call("res.users", "action_issue_api_key", [
      [user],
      "Odoo",
    ])) as { key: string };
    const model = "vworkspace.gateway";
    const id = await admin.create(model, { url: this.parts.url, api_key: key });
    const made = await gateway.create(DATABASE, { name: "Odoo" });
    const { code } = (await gateway.call(
      DATABASE,
      "action_issue_pairing_code",
      [[made]],
    )) as { code: string };
    await admin.call(model, "action_pair", [[id], code]);
  }

  /** Until the gateway has told Odoo all that it had to. @returns seconds; how much Odoo hasn't taken */
  async settles(): Promise<{ seconds: number; held: number }> {
    const began = Date.now();
    await eventually(
      "the gateway has told Odoo everything",
      async () => {
        await sleep(LOOK_MS);
        return (await this.waiting("waiting")) === 0;
      },
      WAIT_MS,
    );
    const held =
      (await this.waiting("parked")) + (await this.waiting("refused"));
    return { seconds: (Date.now() - began) / 1000, held };
  }

  /** Until a comparison for that reason is done. */
  async compared(reason: string): Promise<void> {
    const domain = [
      ["reason", "=", reason],
      ["state", "=", "done"],
    ];
    await eventually(
      `the comparison (${reason}) is done`,
      async () => {
        await sleep(LOOK_MS);
        return this.admin.find("vworkspace.comparison", domain);
      },
      WAIT_MS,
    );
  }

  private async waiting(status: string): Promise<number> {
    const { rows } = await this.parts.sql.query<{ count: string }>(
      "select count(*) from odoo_outbox where status = $1",
      [status],
    );
    return Number(rows[0]?.count);
  }

  /** A user of Odoo with a role, who works in these companies. */
  async person(
    role: "user" | "administrator",
    companies: readonly number[],
  ): Promise<OdooSession> {
    const group = await this.admin.require(
      "ir.model.data",
      [
        ["module", "=", "vworkspace"],
        ["name", "=", `group_vworkspace_${role}`],
      ],
      ["res_id"],
    );
    const user = { login: role, password: `${role}-${process.pid}` };
    await this.admin.create("res.users", {
      ...user,
      name: role,
      company_id: companies[0] ?? false,
      company_ids: [[6, 0, [...companies]]],
      group_ids: [[4, group["res_id"] as number]],
    });
    return this.session(user);
  }

  /** Runs SQL in Odoo's database. @throws Error with what PostgreSQL says against it */
  async odooSql(statement: string): Promise<void> {
    const { odoo } = this.parts;
    const said = await odoo.sql(odoo.database, statement);
    if (said.includes("ERROR")) throw new Error(said);
  }

  async stop(): Promise<void> {
    const { odoo, process, folder, sql } = this.parts;
    for (const session of this.sessions) await session.close();
    await sql.end();
    await process.stop();
    await odoo.stop();
    rmSync(folder, { recursive: true, force: true });
  }

  /** Opening every view of a window is one call. */
  private session(user: OdooUser): OdooSession {
    const { odoo } = this.parts;
    return this.opened(
      OdooClient.connect({
        url: odoo.url,
        database: odoo.database,
        login: user.login,
        key: user.password,
        protocol: "xmlrpc",
        timeoutMs: WAIT_MS,
      }),
    );
  }

  private opened(client: OdooClient): OdooSession {
    const session = new OdooSession(client);
    this.sessions.push(session);
    return session;
  }
}
