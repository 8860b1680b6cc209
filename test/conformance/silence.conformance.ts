import { AGENT_MEDIA_TYPE } from "@vworkspace/contract";
import { z } from "zod";
import { eventually, pause } from "./expectations";
import { GatewayProcess } from "./gateway-process";
import { OdooSession } from "./odoo-session";

const KEY = "d".repeat(64);
const LIMIT_SECONDS = 10;
const SETTINGS = {
  VWORKSPACE_BOOTSTRAP_ADMIN: `suite:${KEY}`,
  VWORKSPACE_SWEEP_SECONDS: "1",
  VWORKSPACE_DISCONNECT_AFTER_SECONDS: String(LIMIT_SECONDS),
};
/** Tries of {@link eventually}, 20 a second, for the limit to pass. */
const TRIES = LIMIT_SECONDS * 20 * 4;

const tokenSchema = z.looseObject({ token: z.string() });

interface Place {
  readonly process: GatewayProcess;
  readonly url: string;
}

/** Whether the gateway shows the cluster as connected. */
async function isConnected(url: string, code: string): Promise<boolean> {
  const odoo = await OdooSession.login(url, "suite", KEY);
  const found = await odoo.findOne(
    "vworkspace.cluster",
    [["code", "=", code]],
    z.looseObject({ connected: z.boolean() }),
    ["connected"],
  );
  return found?.connected ?? false;
}

/** Registers a new cluster and polls once as its agent; then it is silent. */
async function beHeardOnce(url: string, code: string): Promise<void> {
  const odoo = await OdooSession.login(url, "suite", KEY);
  const id = await odoo.create("vworkspace.cluster", { code, name: code });
  const answer = await odoo.execute(
    "vworkspace.cluster",
    "action_issue_registration_token",
    [[id]],
  );
  const { token } = tokenSchema.parse(answer);
  const registered = await fetch(`${url}/api/agent/register`, {
    method: "POST",
    headers: { "content-type": AGENT_MEDIA_TYPE },
    body: JSON.stringify({ registrationToken: token }),
  });
  const granted = tokenSchema.parse(await registered.json());
  const polled = await fetch(`${url}/api/agent/jobs?cluster=${code}&wait=0`, {
    headers: { authorization: `Bearer ${granted.token}` },
  });
  expect(polled.status).toBe(200);
}

describe("A cluster that falls silent", () => {
  let gateway: Place;

  beforeAll(async () => {
    gateway = await GatewayProcess.start(SETTINGS);
  }, 90_000);
  afterAll(() => gateway?.process.stop());

  it("is shown as disconnected after the limit, and not because the gateway was away for longer than that", async () => {
    await beHeardOnce(gateway.url, "silent");
    await eventually(() => isConnected(gateway.url, "silent"), TRIES);
    await gateway.process.kill();
    await pause((LIMIT_SECONDS + 2) * 1000);
    const { dataDir } = gateway.process;
    gateway = await GatewayProcess.start(SETTINGS, dataDir);
    expect(await isConnected(gateway.url, "silent")).toBe(true);
    await eventually(
      async () => !(await isConnected(gateway.url, "silent")),
      TRIES,
    );
    // It stays so over another restart.
    await gateway.process.kill();
    gateway = await GatewayProcess.start(SETTINGS, dataDir);
    expect(await isConnected(gateway.url, "silent")).toBe(false);
  }, 180_000);
});
