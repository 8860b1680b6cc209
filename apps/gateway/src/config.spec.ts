import { ConfigurationError } from "@vworkspace/kernel";
import { GATEWAY_ENVIRONMENT, readGatewayConfig } from "./config";

const KEY = "k".repeat(32);
const URL_OF = (role: string) => `postgres://${role}@db.example.com/vworkspace`;

describe("the gateway's configuration", () => {
  it("needs nothing: it is embedded, on this machine", () => {
    expect(readGatewayConfig({})).toMatchObject({
      http: { host: "127.0.0.1", port: 8080 },
      database: { url: undefined, poolSize: 10 },
      jobs: { leaseSeconds: 600, ttlSeconds: 86_400, sweepSeconds: 15 },
      isDemo: false,
      bootstrapAdmin: undefined,
    });
  });

  it("takes what the environment says", () => {
    const config = readGatewayConfig({
      VWORKSPACE_HTTP_ADDR: "[::1]:0",
      VWORKSPACE_PUBLIC_URL: "https://gateway.example.com//",
      DATABASE_URL: URL_OF("app"),
      DATABASE_OWNER_URL: URL_OF("owner"),
      DATABASE_WORKER_URL: URL_OF("worker"),
      VWORKSPACE_JOB_LEASE_SECONDS: "30",
      VWORKSPACE_ODOO_DATABASES: "prod, test,",
    });
    expect(config).toMatchObject({
      http: { host: "::1", port: 0 },
      publicUrl: "https://gateway.example.com",
      database: { url: URL_OF("app"), workerUrl: URL_OF("worker") },
      jobs: { leaseSeconds: 30 },
      odooDatabases: ["prod", "test"],
    });
  });

  it.each<[string, Record<string, string>]>([
    ["VWORKSPACE_HTTP_ADDR", { VWORKSPACE_HTTP_ADDR: "8080" }],
    ["VWORKSPACE_HTTP_ADDR", { VWORKSPACE_HTTP_ADDR: "127.0.0.1:70000" }],
    ["VWORKSPACE_PUBLIC_URL", { VWORKSPACE_PUBLIC_URL: "gateway" }],
    ["VWORKSPACE_DEMO", { VWORKSPACE_DEMO: "maybe" }],
    ["DATABASE_URL", { DATABASE_URL: "mysql://db" }],
    [
      "DATABASE_OWNER_URL",
      { DATABASE_URL: URL_OF("a"), DATABASE_OWNER_URL: URL_OF("b") },
    ],
    [
      "DATABASE_WORKER_URL",
      { DATABASE_OWNER_URL: URL_OF("a"), DATABASE_WORKER_URL: URL_OF("b") },
    ],
    ["VWORKSPACE_DATABASE_POOL", { VWORKSPACE_DATABASE_POOL: "many" }],
    ["VWORKSPACE_JOB_TTL_SECONDS", { VWORKSPACE_JOB_TTL_SECONDS: "-1" }],
    ["VWORKSPACE_LOG_LEVEL", { VWORKSPACE_LOG_LEVEL: "loud" }],
    ["VWORKSPACE_BOOTSTRAP_ADMIN", { VWORKSPACE_BOOTSTRAP_ADMIN: "ada" }],
    ["VWORKSPACE_BOOTSTRAP_ADMIN", { VWORKSPACE_BOOTSTRAP_ADMIN: "ada:short" }],
    ["VWORKSPACE_HTTP_ADDR", { VWORKSPACE_HTTP_ADDR: "0.0.0.0:80" }],
    [
      "VWORKSPACE_HTTP_ADDR",
      {
        VWORKSPACE_HTTP_ADDR: "10.0.0.1:80",
        DATABASE_URL: URL_OF("a"),
        VWORKSPACE_DEMO: "1",
      },
    ],
    [
      "VWORKSPACE_BOOTSTRAP_ADMIN",
      {
        VWORKSPACE_HTTP_ADDR: "10.0.0.1:80",
        DATABASE_URL: URL_OF("a"),
        VWORKSPACE_BOOTSTRAP_ADMIN: `ada:${KEY}`,
      },
    ],
  ])(
    "refuses a wrong %s with a sentence that names it",
    (name, environment) => {
      const read = () => readGatewayConfig(environment);
      expect(read).toThrow(ConfigurationError);
      expect(read).toThrow(name);
    },
  );

  it.each(["ada:short-key", "short-key"])(
    "never repeats a key that it refuses: %s",
    (text) => {
      const read = () =>
        readGatewayConfig({ VWORKSPACE_BOOTSTRAP_ADMIN: text });
      expect(read).toThrow(
        expect.not.objectContaining({
          message: expect.stringContaining("short-key") as string,
        }) as Error,
      );
    },
  );

  it("keeps colons in a bootstrap key", () => {
    const key = `a:b:${KEY}`;
    expect(
      readGatewayConfig({ VWORKSPACE_BOOTSTRAP_ADMIN: `ada:${key}` })
        .bootstrapAdmin,
    ).toEqual({ login: "ada", key });
  });

  it("describes every variable once", () => {
    const names = GATEWAY_ENVIRONMENT.map(({ name }) => name);
    expect(new Set(names).size).toBe(names.length);
    for (const { description } of GATEWAY_ENVIRONMENT)
      expect(description).toMatch(/\.$/);
  });
});
