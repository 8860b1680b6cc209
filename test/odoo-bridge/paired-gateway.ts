import { execFile } from "node:child_process";
import { resolve } from "node:path";
import { promisify } from "node:util";
import { z } from "zod";
import { GatewayProcess } from "../conformance/gateway-process";
import { OdooSession } from "../conformance/odoo-session";
import type { FakeOdoo } from "./fake-odoo";

const CLI = resolve("dist/apps/gateway/src/cli.js");
const KEY = "b".repeat(64);
const SETTINGS = {
  VWORKSPACE_BOOTSTRAP_ADMIN: `suite:${KEY}`,
  VWORKSPACE_SWEEP_SECONDS: "1",
};
export const DATABASE = "vworkspace.odoo.database";

const backlogSchema = z.looseObject({
  backlog: z.number(),
  held: z.number(),
  epoch: z.union([z.string(), z.literal(false)]),
  last_error: z.union([z.string(), z.literal(false)]),
});

/** A bridge's side of the gateway: calls that say which database they come from. */
export class Bridge {
  /** @param signIn where the gateway is now */
  constructor(
    private readonly signIn: () => Promise<OdooSession>,
    private readonly databaseUuid: string,
  ) {}

  async call(
    model: string,
    method: string,
    named: object,
    context: object = { database_uuid: this.databaseUuid },
  ): Promise<unknown> {
    const session = await this.signIn();
    return session.execute(model, method, [], { ...named, context });
  }

  upsert(model: string, vals: object): Promise<unknown> {
    return this.call(model, "upsert", { vals_list: [vals] });
  }
}

/** A real gateway whose organizations are paired with fake Odoos. */
export class PairedGateway {
  private constructor(
    private gateway: { process: GatewayProcess; url: string },
  ) {}

  static async start(): Promise<PairedGateway> {
    return new PairedGateway(await GatewayProcess.start(SETTINGS));
  }

  get url(): string {
    return this.gateway.url;
  }

  get output(): string {
    return this.gateway.process.wholeOutput;
  }

  /** The admin of the organization `test`. */
  admin(): Promise<OdooSession> {
    return OdooSession.login(this.url, "suite", KEY);
  }

  /** One more user. @returns how it signs in, wherever the gateway is then */
  async user(
    login: string,
    role: string,
    organization: string,
  ): Promise<() => Promise<OdooSession>> {
    const key = await this.command(
      "user",
      "add",
      login,
      "--role",
      role,
      "--organization",
      organization,
    );
    return () => OdooSession.login(this.url, login, key);
  }

  /** Pairs as a person does it: an operator's code, typed into Odoo. */
  async pair(odoo: FakeOdoo, organization: string): Promise<Bridge> {
    const login = `bridge-of-${odoo.databaseUuid}`;
    const signIn = await this.user(login, "bridge", organization);
    const code = await this.command(
      "odoo",
      "pair-code",
      organization,
      "Company",
    );
    const bridge = new Bridge(signIn, odoo.databaseUuid);
    await bridge.call(DATABASE, "pair", { code, ...odoo.pairing });
    await bridge.call(DATABASE, "resend_all", {});
    return bridge;
  }

  /** Its only Odoo database, as the admin sees it. */
  async backlog(admin: OdooSession) {
    const fields = ["backlog", "held", "epoch", "last_error"];
    const found = await admin.findOne(DATABASE, [], backlogSchema, fields);
    if (found === undefined) throw new Error("Nothing is paired.");
    return found;
  }

  /** kill -9, and a start on the same data. */
  async crash(): Promise<void> {
    const { dataDir } = this.gateway.process;
    await this.gateway.process.kill();
    this.gateway = await GatewayProcess.start(SETTINGS, dataDir);
  }

  stop(): Promise<void> {
    return this.gateway.process.stop();
  }

  private async command(...args: readonly string[]): Promise<string> {
    const { stdout } = await promisify(execFile)(
      process.execPath,
      [CLI, ...args],
      {
        env: {
          PATH: process.env["PATH"],
          VWORKSPACE_DATA_DIR: this.gateway.process.dataDir,
        },
      },
    );
    return stdout.trim();
  }
}
