import { spawnSync } from "node:child_process";
import { OdooGateway } from "./odoo-gateway";
import { PythonClient } from "./python-client";

jest.setTimeout(180_000);

const INSTANCE = "vworkspace.application.instance";
const CHARTS = "https://charts.example.com";
const environment = spawnSync(
  process.execPath,
  ["test/odoo-clients/python-env.mjs"],
  { encoding: "utf8" },
);
const python = environment.stdout.trim();
// Where CI requires everything, a missing odoorpc fails instead.
const describeWithOdoorpc =
  python !== "" || process.env.CI === "true" ? describe : describe.skip;

describeWithOdoorpc(
  `odoorpc against the gateway (${python === "" ? `skipped: ${environment.stderr.trim()}` : "over JSON-RPC"})`,
  () => {
    let gateway: OdooGateway;
    let client: PythonClient;

    beforeAll(async () => {
      gateway = await OdooGateway.start();
      const { login, key } = gateway.admin;
      client = PythonClient.start(
        python,
        "test/odoo-clients/odoorpc_client.py",
        [gateway.url, login, key],
      );
    });
    afterAll(async () => {
      await client?.stop();
      await gateway?.stop();
    });

    async function result(command: object): Promise<unknown> {
      const answer = await client.ask(command);
      expect(answer).toHaveProperty("result");
      return answer["result"];
    }

    const create = (model: string, values: object) =>
      result({ do: "create", model, values });

    it("signs in", async () => {
      expect(await result({ do: "sign_in" })).toEqual({
        version: "19.0",
        uid: 1,
        context: { lang: "en_US", tz: false, uid: 1 },
      });
    });

    it("makes records and reads every field of each model", async () => {
      const cluster_id = await create("vworkspace.cluster", {
        code: "c-1",
        name: "C 1",
      });
      await create("vworkspace.catalog.entry", {
        code: "app",
        name: "App",
        chart_source_type: "helm",
        chart_url: CHARTS,
        chart_name: "app",
        recommended_version: "1.0.0",
        values_schema: { properties: { a: { enum: [null, 1] } } },
      });
      await create("vworkspace.policy", {
        name: "all",
        allowed_namespaces: ["*"],
        allowed_catalog_codes: ["*"],
        allowed_chart_url_prefixes: [CHARTS],
      });
      const id = await create(INSTANCE, {
        name: "shop",
        namespace: "team-a",
        cluster_id,
        catalog_code: "app",
        values: { a: null, big: 2 ** 40 },
      });
      expect(await result({ do: "browse", model: INSTANCE, id })).toMatchObject(
        {
          display_name: "shop",
          cluster_id: "C 1",
          organization_id: "test",
          values: "{'a': None, 'big': 1099511627776}",
          values_json: '{"a":null,"big":1099511627776}',
          suspended: "False",
          state: "deploying",
        },
      );
      for (const model of [
        "vworkspace.cluster",
        "vworkspace.catalog.entry",
        "vworkspace.policy",
        "vworkspace.job",
        "vworkspace.audit.entry",
        "vworkspace.organization",
        "res.users",
        "ir.model",
      ]) {
        const found = await result({
          do: "search",
          model,
          domain: [],
          options: { limit: 1, order: "id desc" },
        });
        const [first] = found as readonly number[];
        expect(await result({ do: "browse", model, id: first })).toHaveProperty(
          "display_name",
        );
      }
    });

    it("writes by assigning to a field", async () => {
      const [id] = (await result({
        do: "search",
        model: "vworkspace.cluster",
        domain: [["name", "ilike", "c%1"]],
      })) as readonly number[];
      expect(
        await result({
          do: "assign",
          model: "vworkspace.cluster",
          id,
          field: "name",
          value: "Renamed",
        }),
      ).toBe("Renamed");
    });

    it("calls actions, and asks for defaults", async () => {
      expect(
        await result({
          do: "run",
          model: INSTANCE,
          method: "action_suspend",
          args: [[1]],
        }),
      ).toBe(true);
      expect(
        await result({ do: "defaults", model: "vworkspace.cluster" }),
      ).toEqual({});
    });

    it("raises our sentence, under the exception's name", async () => {
      expect(
        await client.ask({
          do: "run",
          model: INSTANCE,
          method: "write",
          args: [[1], { chart_version: "latest" }],
        }),
      ).toEqual({
        error:
          'chart_version is "latest": give one exact version, for example 1.2.3.',
        name: "odoo.exceptions.ValidationError",
      });
    });
  },
);
