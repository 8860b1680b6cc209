import { spawnSync } from "node:child_process";
import { N8nRequests } from "./n8n-requests";
import { type Credentials, OdooGateway } from "./odoo-gateway";
import { PythonClient } from "./python-client";
import type { Command, UnchangedClient } from "./unchanged-client";

jest.setTimeout(180_000);

const CLUSTER = "vworkspace.cluster";
const INSTANCE = "vworkspace.application.instance";
const CHARTS = "https://charts.example.com";
const environment = spawnSync(
  process.execPath,
  ["test/odoo-clients/python-env.mjs"],
  { encoding: "utf8" },
);
const python = environment.stdout.trim();

type Start = (url: string, admin: Credentials) => UnchangedClient;

const inPython =
  (script: string, ...args: readonly string[]): Start =>
  (url, { login, key }) =>
    PythonClient.start(python, `test/odoo-clients/${script}`, [
      url,
      ...args,
      login,
      key,
    ]);
const inNode =
  (script: string): Start =>
  (url, { login, key }) =>
    PythonClient.start(process.execPath, `test/odoo-clients/${script}`, [
      url,
      login,
      key,
    ]);
const n8n =
  (version: 1 | 2): Start =>
  (url, admin) =>
    new N8nRequests(url, admin, version);

const PYTHON_CLIENTS: readonly (readonly [string, Start])[] = [
  [
    "odooly with an API key, over JSON-2",
    inPython("odooly_client.py", "json2"),
  ],
  ["odooly over JSON-RPC", inPython("odooly_client.py", "jsonrpc")],
  ["odoo-client-lib over XML-RPC", inPython("odoolib_client.py", "xmlrpc")],
  ["odoo-client-lib over JSON-RPC", inPython("odoolib_client.py", "jsonrpc")],
  ["odoo-client-lib over JSON-2", inPython("odoolib_client.py", "json2")],
];
const NODE_CLIENTS: readonly (readonly [string, Start])[] = [
  ["odoo-await", inNode("odoo-await-client.mjs")],
  ["odoo-xmlrpc-ts", inNode("odoo-xmlrpc-ts-client.mjs")],
  ["n8n's Odoo node, by its requests", n8n(1)],
  ["n8n's Odoo node in its second version, by its requests", n8n(2)],
];
// Where CI requires everything, a missing Python or package fails instead.
const hasPython = python !== "" || process.env.CI === "true";
const CLIENTS = [...(hasPython ? PYTHON_CLIENTS : []), ...NODE_CLIENTS];

describe(`clients that nobody here wrote${hasPython ? "" : ` (without those in Python: ${environment.stderr.trim()})`}`, () => {
  let gateway: OdooGateway;

  beforeAll(async () => {
    gateway = await OdooGateway.start();
  });
  afterAll(() => gateway?.stop());

  describe.each(CLIENTS)("%s", (name, start) => {
    const code = name.toLowerCase().replaceAll(/[^a-z0-9]+/g, "-");
    let client: UnchangedClient;
    let cluster: unknown;
    let shop: number;

    beforeAll(() => {
      client = start(gateway.url, gateway.admin);
    });
    afterAll(() => client?.stop());

    async function result(command: Command): Promise<unknown> {
      const answer = await client.ask(command);
      expect(answer).toHaveProperty("result");
      return answer["result"];
    }

    it("signs in with the right key, and with no other", async () => {
      expect(await result({ do: "sign_in" })).toBe(1);
      const refused = await client.ask({ do: "sign_in", key: "wrong" });
      expect([refused["result"] || false, refused["error"]]).toEqual([
        false,
        // A client that doesn't raise for it says false.
        refused["result"] === false ? undefined : expect.any(String),
      ]);
    });

    it("makes records", async () => {
      const create = (model: string, values: object) =>
        result({ do: "create", model, values });
      cluster = await create(CLUSTER, { code, name });
      await create("vworkspace.catalog.entry", {
        code,
        name,
        chart_source_type: "helm",
        chart_url: CHARTS,
        chart_name: "app",
        recommended_version: "1.0.0",
      });
      await create("vworkspace.policy", {
        name,
        cluster_id: cluster,
        allowed_namespaces: [code],
        allowed_catalog_codes: [code],
        allowed_chart_url_prefixes: [CHARTS],
      });
      shop = (await create(INSTANCE, {
        name: "shop",
        namespace: code,
        cluster_id: cluster,
        catalog_code: code,
        values: { replicas: 2, host: "shop.example.com" },
      })) as number;
      expect(shop).toEqual(expect.any(Number));
    });

    it("finds and reads them", async () => {
      const domain = [
        ["namespace", "=", code],
        ["cluster_id.name", "ilike", name],
      ];
      expect(await result({ do: "search", model: INSTANCE, domain })).toEqual([
        shop,
      ]);
      const fields = [
        "name",
        "cluster_id",
        "state",
        "values",
        "suspended",
        "last_backup_at",
      ];
      expect(
        await result({ do: "read", model: INSTANCE, id: shop, fields }),
      ).toMatchObject({
        name: "shop",
        cluster_id: [cluster, name],
        state: "deploying",
        values: { replicas: 2, host: "shop.example.com" },
        suspended: false,
        last_backup_at: false,
      });
    });

    it("changes them, and calls an action", async () => {
      const values = { chart_version: "1.0.1" };
      expect(
        await result({ do: "write", model: INSTANCE, id: shop, values }),
      ).toBe(true);
      const method = "action_suspend";
      const said = await result({
        do: "run",
        model: INSTANCE,
        method,
        id: shop,
      });
      // JSON-2 says null where the other protocols say true.
      expect([true, null]).toContain(said);
      const fields = ["chart_version", "suspended"];
      expect(
        await result({ do: "read", model: INSTANCE, id: shop, fields }),
      ).toMatchObject({ chart_version: "1.0.1", suspended: true });
    });

    it("shows our sentence where something is refused", async () => {
      const values = { chart_version: "latest" };
      const refused = await client.ask({
        do: "write",
        model: INSTANCE,
        id: shop,
        values,
      });
      expect(String(refused["error"]).replaceAll('\\"', '"')).toContain(
        'chart_version is "latest": give one exact version, for example 1.2.3.',
      );
    });
  });

  it.each([1, 2] as const)(
    "n8n fills its lists of models and fields, and filters by texts, in version %d",
    async (version) => {
      const node = new N8nRequests(gateway.url, gateway.admin, version);
      const [models, fields] = await node.lists(CLUSTER);
      expect(models).toContainEqual({
        id: expect.any(Number) as number,
        name: "Cluster",
        model: CLUSTER,
      });
      expect(fields).toMatchObject({
        code: { name: "code", string: "Code", type: "char", required: true },
      });
      const [first] = (await node.getMany(CLUSTER, [
        "id",
        "=",
        "1",
      ])) as object[];
      expect(first).toMatchObject({ id: 1 });
    },
  );
});
