import { readFile } from "node:fs/promises";
import { join } from "node:path";
import { AGENT_MEDIA_TYPE } from "@vworkspace/contract";
import { Client } from "pg";
import { eventually } from "../conformance/expectations";
import { GatewayProcess } from "../conformance/gateway-process";
import { message, postMcp } from "../mcp/mcp-call";
import { PlantedSecrets } from "./planted-secrets";

jest.setTimeout(120_000);

const CLUSTER = "vworkspace.cluster";
const INSTANCE = "vworkspace.application.instance";
const ODOO = "vworkspace.odoo.database";
const ODOO_UUID = "0190a1b2-0000-7000-8000-000000000001";
const LOGIN = "ada@example.com";

describe("Secrets that were planted wherever one can enter the gateway", () => {
  const secrets = new PlantedSecrets();
  const answers: string[] = [];
  let gateway: GatewayProcess;
  let url: string;

  beforeAll(async () => {
    const adminKey = secrets.plant("the key of an admin");
    const started = await GatewayProcess.start({
      VWORKSPACE_BOOTSTRAP_ADMIN: `${LOGIN}:${adminKey}`,
      VWORKSPACE_METRICS_TOKEN: secrets.plant("the token for metrics"),
      VWORKSPACE_LOG_LEVEL: "trace",
    });
    gateway = started.process;
    url = started.url;
    for (const file of ["master.key", "postgres.password"]) {
      const content = await readFile(join(gateway.dataDir, "keys", file));
      secrets.know(file, content.toString("utf8").trim());
    }
    await use(adminKey);
    await misuse(adminKey);
  });

  afterAll(() => gateway.stop());

  /** What people and clusters do: every secret in its place. */
  async function use(adminKey: string): Promise<void> {
    const rpc = (...call: readonly unknown[]) => execute(adminKey, ...call);
    const cluster = await rpc(CLUSTER, "create", [{ code: "c", name: "C" }]);
    const order = [[cluster]];
    const issued = (await rpc(
      CLUSTER,
      "action_issue_registration_token",
      order,
    )) as { token: string };
    answers.pop();
    secrets.know("a registration token", issued.token);
    const registered = await agent("POST", "/register", issued.token, {
      clusterId: "c",
    });
    answers.pop();
    const { token } = JSON.parse(registered) as { token: string };
    secrets.know("a cluster's token", token);
    await agent("GET", "/jobs?cluster=c&wait=0", token);
    const rotated = await agent("POST", "/credentials/rotate", token, {});
    answers.pop();
    const next = (JSON.parse(rotated) as { token: string }).token;
    secrets.know("a rotated token", next);
    await agent("GET", "/jobs?cluster=c&wait=0", next);
    await agent("GET", "/jobs?cluster=c&wait=0", token);
    await pair(adminKey);
  }

  /** An Odoo is paired, which nobody reaches; first with a code that is none. */
  async function pair(adminKey: string): Promise<void> {
    const rpc = (...call: readonly unknown[]) => execute(adminKey, ...call);
    const bridge = { login: "bridge@example.com", role: "bridge" };
    const user = await rpc("res.users", "create", [bridge]);
    const issuing = [
      "res.users",
      "action_issue_api_key",
      [[user], "x", ["all"]],
    ];
    const { key } = (await rpc(...issuing)) as { key: string };
    answers.pop();
    secrets.know("the key of a bridge", key);
    const database = await rpc(ODOO, "create", [{ name: "Odoo" }]);
    const order = [[database]];
    const issued = await rpc(ODOO, "action_issue_pairing_code", order);
    answers.pop();
    const { code } = issued as { code: string };
    secrets.know("a pairing code", code);
    for (const given of [secrets.plant("a wrong pairing code"), code])
      await executeAs(user, key, ODOO, "pair", [
        given,
        ODOO_UUID,
        "https://127.0.0.1:9",
        "company",
        "gateway",
        secrets.plant("the key of an Odoo"),
      ]);
    const context = { database_uuid: ODOO_UUID };
    await executeAs(user, key, ODOO, "resend_all", [], { context });
    await eventually(async () => {
      const fields = [[], ["last_error"]];
      const found = await rpc(ODOO, "search_read", fields);
      return JSON.stringify(found).includes("can't be reached");
    });
  }

  /** What goes wrong: secrets in the wrong place, or wrong ones in the right place. */
  async function misuse(adminKey: string): Promise<void> {
    const plant = (place: string) => secrets.plant(place);
    await execute(plant("a wrong key"), CLUSTER, "search", [[]]);
    await rpc("common", "login", ["any", LOGIN, plant("a wrong password")]);
    await rpc("common", "login", ["any", plant("a key as login"), "x"]);
    await rpc("common", "login", [plant("a key as database"), LOGIN, "x"]);
    await execute(adminKey, INSTANCE, "create", [
      {
        name: "shop",
        namespace: "shop",
        cluster_id: 1,
        catalog_code: "shop",
        values_json: JSON.stringify({
          database: { password: plant("a password in values") },
          list: [{ apiKey: plant("an API key in values") }],
          pem: `-----BEGIN PRIVATE KEY-----\n${plant("a PEM in values")}\n-----END PRIVATE KEY-----`,
        }),
      },
    ]);
    await execute(adminKey, CLUSTER, "search", [[["code", "=", adminKey]]]);
    await approvalPage({ login: LOGIN, key: adminKey });
    await approvalPage({ login: LOGIN, key: plant("a wrong key on a page") });
    await approvalPage({ login: plant("a key as login on a page"), key: "x" });
    await assist(adminKey);
    await agent("POST", "/register", plant("a wrong registration token"), {});
    await agent("POST", "/register", "x", {
      registrationToken: plant("a registration token in the body"),
    });
    await agent("GET", "/jobs?cluster=c&wait=0", plant("a wrong token"));
    const query = plant("a token in the query");
    await agent("GET", `/jobs?cluster=c&wait=0&access_token=${query}`, "x");
    await agent("GET", `/jobs/${plant("a token in the path")}`, "x");
    await fetch(`${url}/metrics`, {
      headers: {
        authorization: `Bearer ${plant("a wrong token for metrics")}`,
        cookie: `session=${plant("a cookie")}`,
        "x-api-key": plant("a header of somebody else"),
      },
    }).then(keep);
    await fetch(`${url}/xmlrpc/2/object`, {
      method: "POST",
      body: `<methodCall><methodName>execute_kw</methodName><params><param><value>any</value></param><param><value><int>1</int></value></param><param><value>${plant("a key in broken XML")}</value>`,
    }).then(keep);
    await fetch(`${url}/jsonrpc`, {
      method: "POST",
      headers: { "content-type": "application/json" },
      body: `{"params":{"args":["any",1,"${plant("a key in broken JSON")}"`,
    }).then(keep);
    const json2 = (bearer: string, body: string, type = "application/json") =>
      fetch(`${url}/json/2/${CLUSTER}/search`, {
        method: "POST",
        headers: { authorization: `Bearer ${bearer}`, "content-type": type },
        body,
      }).then(keep);
    await json2(plant("a wrong bearer key"), "{}");
    await json2(adminKey, `{"domain":"${plant("a text in broken JSON-2")}`);
    await json2(adminKey, "{}", plant("a media type"));
  }

  /** An assistant, with its key and with secrets where none belong. */
  async function assist(adminKey: string): Promise<void> {
    const post = (key: string, body: unknown) =>
      postMcp(url, key, body).then(keep);
    const call = (name: string, args: object) =>
      post(adminKey, message("tools/call", { name, arguments: args }));
    const plant = (place: string) => secrets.plant(place);
    await post(adminKey, message("tools/list"));
    await post(plant("a wrong key of an assistant"), message("tools/list"));
    await post(adminKey, `{"id":1,"${plant("a key in broken JSON of MCP")}`);
    await call(plant("a key as a tool"), {});
    await call("search_records", {
      model: CLUSTER,
      domain: [["code", "=", adminKey]],
    });
    await call("read_records", { model: CLUSTER, ids: [1] });
    await call("search_records", { model: "vworkspace.audit.entry" });
    await call("create_instance", {
      name: "shop",
      namespace: "shop",
      cluster_id: 1,
      catalog_code: "shop",
      values: { password: plant("a password in an assistant's values") },
    });
  }

  function approvalPage(who: Readonly<Record<string, string>>) {
    return fetch(`${url}/approvals/1`, {
      method: "POST",
      headers: { accept: "text/html", "sec-fetch-site": "same-origin" },
      body: new URLSearchParams({ ...who, decision: "look" }),
    }).then(keep);
  }

  async function keep(response: Response): Promise<string> {
    const text = await response.text();
    answers.push(`${[...response.headers].join("\n")}\n${text}`);
    return text;
  }

  function agent(
    method: string,
    path: string,
    bearer: string,
    body?: object,
  ): Promise<string> {
    return fetch(`${url}/api/agent${path}`, {
      method,
      headers: {
        accept: AGENT_MEDIA_TYPE,
        "content-type": AGENT_MEDIA_TYPE,
        authorization: `Bearer ${bearer}`,
      },
      ...(body && { body: JSON.stringify(body) }),
    }).then(keep);
  }

  async function rpc(
    service: string,
    method: string,
    args: readonly unknown[],
  ): Promise<unknown> {
    const text = await fetch(`${url}/jsonrpc`, {
      method: "POST",
      headers: { "content-type": "application/json" },
      body: JSON.stringify({
        jsonrpc: "2.0",
        method: "call",
        id: 1,
        params: { service, method, args },
      }),
    }).then(keep);
    return (JSON.parse(text) as { result?: unknown }).result;
  }

  function execute(key: string, ...call: readonly unknown[]): Promise<unknown> {
    return executeAs(1, key, ...call);
  }

  function executeAs(
    uid: unknown,
    key: string,
    ...call: readonly unknown[]
  ): Promise<unknown> {
    return rpc("object", "execute_kw", ["any", uid, key, ...call]);
  }

  /** Every row of every table, as text. */
  async function databaseAsText(): Promise<string> {
    const database = new Client({
      connectionString: await gateway.databaseUrl(),
    });
    await database.connect();
    try {
      const { rows: tables } = await database.query<{ name: string }>(
        `select format('%I.%I', schemaname, tablename) as name from pg_tables
         where schemaname not in ('pg_catalog', 'information_schema')`,
      );
      const texts: string[] = [];
      for (const { name } of tables) {
        const { rows } = await database.query<{ text: string }>(
          `select t::text as text from ${name} t`,
        );
        texts.push(name, ...rows.map(({ text }) => withBytesRead(text)));
      }
      expect(tables.length).toBeGreaterThan(20);
      return texts.join("\n");
    } finally {
      await database.end();
    }
  }

  it("stand in no line of its log", () => {
    expect(gateway.wholeOutput).toContain('"request"');
    expect(secrets.foundIn(gateway.wholeOutput)).toEqual([]);
  });

  it("stand in no answer to anybody", () => {
    expect(answers.length).toBeGreaterThan(15);
    expect(secrets.foundIn(answers.join("\n"))).toEqual([]);
  });

  it("stand in no metric", async () => {
    const metrics = await fetch(`${url}/metrics`).then((answer) =>
      answer.text(),
    );
    expect(secrets.foundIn(metrics)).toEqual([]);
  });

  it("stand in no table of the database in clear text, the audit log's included", async () => {
    const text = await databaseAsText();
    expect(text).toContain("cluster.rotate_credential");
    expect(text).toContain("odoo_database.pair");
    expect(secrets.foundIn(text)).toEqual([]);
    expect(text).not.toContain("PRIVATE KEY");
  });
});

/** bytea columns are shown as hexadecimal digits: what they hold is searched besides. */
function withBytesRead(text: string): string {
  const read = text.replace(/\\\\?x((?:[0-9a-f]{2})+)/g, (_, hex: string) =>
    Buffer.from(hex, "hex").toString("utf8"),
  );
  return `${text}\n${read}`;
}
