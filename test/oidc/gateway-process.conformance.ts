import { execFile } from "node:child_process";
import { mkdtemp, rm } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { promisify } from "node:util";
import { Client } from "pg";
import { GatewayProcess } from "../conformance/gateway-process";
import { PlantedSecrets } from "../trust/planted-secrets";
import { Browser } from "./browser";
import {
  CALLBACK,
  type KnownClient,
  oidcSettings,
  PUBLIC_URL,
} from "./sign-in-world";
import { startProvider } from "./start-provider";

jest.setTimeout(120_000);

const run = promisify(execFile);
const LOGIN = "ada@example.com";

describe("A gateway that people sign in to, as a process", () => {
  let folder: string;
  const started: GatewayProcess[] = [];

  beforeAll(async () => {
    folder = await mkdtemp(join(tmpdir(), "vworkspace-oidc-"));
  });
  afterEach(async () => {
    for (const one of started.splice(0)) await one.stop();
  });
  afterAll(() => rm(folder, { recursive: true, force: true }));

  async function start(
    client: KnownClient | undefined,
    more: Readonly<Record<string, string>> = {},
  ) {
    const settings = {
      VWORKSPACE_LOG_LEVEL: "trace",
      VWORKSPACE_BOOTSTRAP_ADMIN: `${LOGIN}:${"k".repeat(40)}`,
      ...(client && {
        VWORKSPACE_PUBLIC_URL: PUBLIC_URL,
        ...(await oidcSettings(client, folder)),
      }),
      ...more,
    };
    const { process: gateway, url } = await GatewayProcess.start(settings);
    started.push(gateway);
    const browser = () => new Browser(new Map([[PUBLIC_URL, url]]));
    const cli = (...args: readonly string[]) =>
      run(process.execPath, ["dist/apps/gateway/src/cli.js", ...args], {
        env: {
          PATH: process.env["PATH"],
          ...settings,
          VWORKSPACE_DATA_DIR: gateway.dataDir,
        },
      });
    return { gateway, url, browser, cli };
  }

  it("has none of the routes where no provider is configured", async () => {
    const { url } = await start(undefined);
    for (const [method, path] of [
      ["GET", "/login"],
      ["GET", "/login/callback?code=x&state=x"],
      ["GET", "/me"],
      ["POST", "/logout"],
    ] as const) {
      const { status } = await fetch(`${url}${path}`, { method });
      expect([path, status]).toEqual([path, 404]);
    }
  });

  it("signs in whom its operator linked, and leaves no secret of it in its log, metrics or database", async () => {
    const provider = await startProvider(CALLBACK);
    try {
      provider.answer = { subject: "sub-ada" };
      const { gateway, url, browser, cli } = await start(provider);
      const { stdout } = await cli(
        ...["user", "link", LOGIN, "--subject", "sub-ada"],
        ...["--organization", "test"],
      );
      expect(stdout).toContain(`signs in as ${LOGIN}`);
      const secrets = new PlantedSecrets();
      secrets.know("the client's secret", provider.clientSecret);
      const person = browser();
      const { url: callback } = await person.go(`${PUBLIC_URL}/login`, {
        until: (at) => at.href.startsWith(CALLBACK),
      });
      for (const name of ["code", "state"])
        secrets.know(name, callback.searchParams.get(name) ?? "");
      secrets.know("a sign-in", person.cookie(PUBLIC_URL, "-login") ?? "");
      const { status } = await person.go(callback);
      expect(status).toBe(200);
      secrets.know("a session", person.cookie(PUBLIC_URL, "-session") ?? "");
      // Once more, so that something fails too.
      expect((await browser().go(callback)).status).toBe(400);
      const metrics = await fetch(`${url}/metrics`).then((all) => all.text());
      const database = await everythingIn(await gateway.databaseUrl());
      expect(gateway.wholeOutput).toContain("Somebody was not signed in");
      expect(metrics).toContain(
        'vworkspace_login_failures_total{reason="no_flow"} 1',
      );
      expect(database).toContain("sub-ada");
      for (const text of [gateway.wholeOutput, metrics, database])
        expect(secrets.foundIn(text)).toEqual([]);
    } finally {
      await provider.stop();
    }
  });

  it("starts without its provider, says so to people, and finds it later without a restart", async () => {
    const earlier = await startProvider(CALLBACK);
    await earlier.stop();
    const { issuer, publicClientId: clientId } = earlier;
    const { gateway, url, browser, cli } = await start({ issuer, clientId });
    await cli("user", "link", LOGIN, "--subject=s", "--organization=test");
    expect((await fetch(`${url}/health/ready`)).status).toBe(200);
    const person = browser();
    const down = await person.go(`${PUBLIC_URL}/login`);
    expect(down.status).toBe(503);
    expect(down.text).toContain("can&#39;t be reached: try again");
    expect(gateway.wholeOutput).toContain("ECONNREFUSED");
    const provider = await startProvider(
      CALLBACK,
      Number(new URL(issuer).port),
    );
    provider.answer = { subject: "s" };
    const up = await person.go(`${PUBLIC_URL}/login`);
    expect([up.status, up.url.pathname]).toEqual([200, "/me"]);
    await provider.stop();
    // Whoever is signed in does without the provider.
    expect((await person.go(`${PUBLIC_URL}/me`)).status).toBe(200);
  });

  it("tells its operator, and nobody else, that its own secret is wrong", async () => {
    const provider = await startProvider(CALLBACK);
    try {
      provider.answer = { subject: "sub-ada" };
      const wrong = { ...provider, clientSecret: "wrong" };
      const { gateway, browser } = await start(wrong);
      const { status, text } = await browser().go(`${PUBLIC_URL}/login`);
      expect(status).toBe(403);
      expect(text).not.toContain("invalid_client");
      expect(gateway.wholeOutput).toContain("invalid_client");
      // The file is read for each sign-in.
      await oidcSettings(provider, folder);
      const right = await browser().go(`${PUBLIC_URL}/login`);
      expect(right.text).toContain("You are not linked yet");
    } finally {
      await provider.stop();
    }
  });
});

/** Every row of every table, as text. */
async function everythingIn(connectionString: string): Promise<string> {
  const database = new Client({ connectionString });
  await database.connect();
  try {
    const { rows: tables } = await database.query<{ name: string }>(
      "select format('%I', tablename) as name from pg_tables where schemaname = 'public'",
    );
    const texts: string[] = [];
    for (const { name } of tables) {
      const { rows } = await database.query<{ text: string }>(
        `select t::text as text from ${name} t`,
      );
      texts.push(...rows.map(({ text }) => text));
    }
    return texts.join("\n");
  } finally {
    await database.end();
  }
}
