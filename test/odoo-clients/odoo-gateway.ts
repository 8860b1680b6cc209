import { execFile } from "node:child_process";
import { randomBytes } from "node:crypto";
import { resolve } from "node:path";
import { promisify } from "node:util";
import { GatewayProcess } from "../conformance/gateway-process";

const CLI = resolve("dist/apps/gateway/src/cli.js");
const ADMIN = "admin";

export interface Credentials {
  readonly login: string;
  readonly key: string;
}

/** A running gateway for clients of the Odoo-shaped API; its admin belongs to the organization `test`. */
export class OdooGateway {
  private constructor(
    private readonly process: GatewayProcess,
    readonly url: string,
    readonly admin: Credentials,
  ) {}

  static async start(
    settings: Readonly<Record<string, string>> = {},
  ): Promise<OdooGateway> {
    const key = randomBytes(32).toString("hex");
    const { process, url } = await GatewayProcess.start({
      VWORKSPACE_BOOTSTRAP_ADMIN: `${ADMIN}:${key}`,
      ...settings,
    });
    return new OdooGateway(process, url, { login: ADMIN, key });
  }

  /** One more user, made as an operator of the gateway makes one. */
  async addUser(
    login: string,
    role: string,
    organization = "test",
  ): Promise<Credentials> {
    const { stdout } = await promisify(execFile)(
      process.execPath,
      [
        CLI,
        "user",
        "add",
        login,
        "--role",
        role,
        "--organization",
        organization,
      ],
      {
        env: {
          PATH: process.env["PATH"],
          VWORKSPACE_DATA_DIR: this.process.dataDir,
        },
      },
    );
    return { login, key: stdout.trim() };
  }

  get lastOutput(): string {
    return this.process.lastOutput;
  }

  stop(): Promise<void> {
    return this.process.stop();
  }
}
