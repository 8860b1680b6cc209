import { spawnSync } from "node:child_process";
import { type Credentials, OdooGateway } from "./odoo-gateway";
import { PythonClient } from "./python-client";

jest.setTimeout(120_000);

const INSTANCE = "vworkspace.application.instance";
const CHARTS = "https://charts.example.com";
const hasPython = spawnSync("python3", ["--version"]).status === 0;
// Where CI requires everything, a missing python3 fails instead.
const describeWithPython =
  hasPython || process.env.CI === "true" ? describe : describe.skip;

describeWithPython(
  "Python's xmlrpc.client against the gateway (skipped without python3)",
  () => {
    let gateway: OdooGateway;
    let python: PythonClient;

    beforeAll(async () => {
      gateway = await OdooGateway.start();
      python = PythonClient.start(
        "python3",
        "test/odoo-clients/xmlrpc_client.py",
        [gateway.url],
      );
    });
    afterAll(async () => {
      await python?.stop();
      await gateway?.stop();
    });

    const ask = (path: string, method: string, ...params: unknown[]) =>
      python.ask({ path, method, params });

    /** The answer of one user's calls of `execute_kw`. */
    async function signedIn(
      { login, key }: Credentials,
      path = "/xmlrpc/2",
    ): Promise<
      (
        model: string,
        method: string,
        args: readonly unknown[],
        keywords?: object,
      ) => Promise<Readonly<Record<string, unknown>>>
    > {
      const { result } = await ask(
        `${path}/common`,
        "authenticate",
        "any",
        login,
        key,
        {},
      );
      expect(result).toEqual(expect.any(Number));
      return (model, method, args, keywords = {}) =>
        ask(
          `${path}/object`,
          "execute_kw",
          "any",
          result,
          key,
          model,
          method,
          args,
          keywords,
        );
    }

    const asAdmin = () => signedIn(gateway.admin);

    it("says the version of Odoo that its clients expect", async () => {
      const version = {
        server_version: "19.0",
        server_version_info: [19, 0, 0, "final", 0, ""],
        server_serie: "19.0",
        protocol_version: 1,
      };
      expect(await ask("/xmlrpc/2/common", "version")).toEqual({
        result: version,
      });
      expect(await ask("/xmlrpc/common", "version")).toEqual({
        result: version,
      });
    });

    it("answers false to a wrong key, and a fault to a call with one", async () => {
      const { login, key } = gateway.admin;
      const authenticate = (...params: unknown[]) =>
        ask("/xmlrpc/2/common", "authenticate", ...params);
      expect(await authenticate("any", login, "x".repeat(64), {})).toEqual({
        result: false,
      });
      expect(await authenticate("any", "nobody", key, {})).toEqual({
        result: false,
      });
      expect(await authenticate("", login, key, {})).toEqual({ result: false });
      const call = (uid: unknown, secret: string) =>
        ask(
          "/xmlrpc/2/object",
          "execute_kw",
          "any",
          uid,
          secret,
          "res.users",
          "context_get",
          [],
        );
      expect(await call(1, "wrong")).toEqual({ fault: [3, "Access Denied"] });
      expect(await call(2 ** 31 - 1, key)).toEqual({
        fault: [3, "Access Denied"],
      });
      const answer = { result: { lang: "en_US", tz: false, uid: 1 } };
      expect(await call(1, key)).toEqual(answer);
      expect(await call("1", key)).toEqual(answer);
    });

    it("makes a cluster, a catalog, a policy and an application, and shows them", async () => {
      const call = await asAdmin();
      const cluster = await call("vworkspace.cluster", "create", [
        { code: "first", name: "First" },
      ]);
      const ids = [cluster["result"]];
      const token = await call(
        "vworkspace.cluster",
        "action_issue_registration_token",
        [ids],
      );
      const shown = token["result"] as Record<string, string>;
      expect(shown["token"]).toMatch(/^vwr_/);
      expect(shown["expires_at"]).toMatch(/^\d{4}-\d\d-\d\d \d\d:\d\d:\d\d$/);
      // The token is in the text that kubectl reads from standard input, never among the arguments.
      const commands = (shown["install_command"] ?? "").split("\n");
      expect(
        commands.filter((line) => line.includes(shown["token"] ?? "?")),
      ).toEqual([`registrationToken=${shown["token"]}`]);
      expect(
        await call("vworkspace.catalog.entry", "create", [
          [
            {
              code: "app",
              name: "App",
              chart_source_type: "helm",
              chart_url: CHARTS,
              chart_name: "app",
              recommended_version: "1.0.0",
            },
          ],
        ]),
      ).toEqual({ result: [expect.any(Number)] });
      await call("vworkspace.policy", "create", [
        {
          name: "teams",
          allowed_namespaces: ["team-*"],
          allowed_catalog_codes: ["*"],
          allowed_chart_url_prefixes: [CHARTS],
        },
      ]);
      const created = await call(INSTANCE, "create", [
        {
          name: "shop",
          namespace: "team-a",
          cluster_id: ids[0],
          catalog_code: "app",
          values: { replicas: 2, note: "a\r\nb" },
        },
      ]);
      expect(
        await call(
          INSTANCE,
          "search_read",
          [[["cluster_id.code", "=", "first"]]],
          {
            fields: ["name", "state", "cluster_id", "chart_version", "values"],
          },
        ),
      ).toEqual({
        result: [
          {
            id: created["result"],
            name: "shop",
            state: "deploying",
            cluster_id: [ids[0], "First"],
            chart_version: "1.0.0",
            values: { replicas: 2, note: "a\nb" },
          },
        ],
      });
      // An equal repeat of a create is the same record.
      expect(
        await call(INSTANCE, "create", [
          {
            name: "shop",
            namespace: "team-a",
            cluster_id: ids[0],
            catalog_code: "app",
            values: { replicas: 2, note: "a\r\nb" },
          },
        ]),
      ).toEqual(created);
      expect(
        await call("vworkspace.job", "search_read", [
          [["kind", "=", "apply"]],
          ["state", "idempotency_key", "cluster_id"],
        ]),
      ).toEqual({
        result: [
          {
            id: expect.any(Number) as number,
            state: "queued",
            idempotency_key: "applicationinstance/team-a/shop@1",
            cluster_id: [ids[0], "First"],
          },
        ],
      });
    });

    it("keeps values_json byte for byte, and says when the struct can't be carried", async () => {
      const call = await asAdmin();
      const [shop] = await idsOf(call, "shop");
      const text = '{"b":1.0,  "a":null, "n":1099511627776}';
      expect(
        await call(INSTANCE, "write", [[shop], { values_json: text }]),
      ).toEqual({ result: true });
      const fields = { fields: ["values", "values_json"] };
      expect(await call(INSTANCE, "read", [[shop]], fields)).toEqual({
        result: [{ id: shop, values: false, values_json: text }],
      });
      expect(
        await call(INSTANCE, "write", [shop, { values: { a: null } }]),
      ).toEqual({
        fault: [
          1,
          "XML-RPC can't carry this struct: values.a: a value of type Null has no form in XML-RPC. Send the same as JSON text in values_json.",
        ],
      });
      // What was read as false must not come back as an empty struct.
      expect(await call(INSTANCE, "write", [shop, { values: false }])).toEqual({
        fault: [2, "values is false: give a struct, {} for an empty one."],
      });
    });

    it("suspends, resumes and deletes, each way of naming one record", async () => {
      const call = await asAdmin();
      const [shop] = await idsOf(call, "shop");
      const read = async () => {
        const { result } = await call(INSTANCE, "read", [
          [shop],
          ["suspended", "state", "generation"],
        ]);
        return (result as readonly object[])[0];
      };
      expect(await call(INSTANCE, "action_suspend", [[shop]])).toEqual({
        result: true,
      });
      expect(await read()).toMatchObject({ suspended: true, generation: 3 });
      expect(await call(INSTANCE, "action_resume", [shop])).toEqual({
        result: true,
      });
      expect(await read()).toMatchObject({ suspended: false, generation: 4 });
      expect(await call(INSTANCE, "unlink", [[shop]])).toEqual({
        result: true,
      });
      expect(await read()).toMatchObject({ state: "deleting", generation: 5 });
      expect(await call(INSTANCE, "action_delete", [[shop]])).toEqual({
        result: true,
      });
      expect(await read()).toMatchObject({ state: "deleting", generation: 5 });
    });

    it("reads in the order asked for, with duplicates and without what is missing", async () => {
      const call = await asAdmin();
      const models = ["vworkspace.policy", "vworkspace.organization"];
      const { result } = await call(
        "ir.model",
        "search",
        [[["model", "in", models]]],
        {
          order: "model desc",
          limit: 2,
          offset: 0,
        },
      );
      const [first, second] = result as readonly number[];
      const names = { fields: ["model"] };
      expect(
        await call("ir.model", "read", [[second, first, second, 99]], names),
      ).toEqual({
        result: [
          { id: second, model: "vworkspace.organization" },
          { id: first, model: "vworkspace.policy" },
          { id: second, model: "vworkspace.organization" },
        ],
      });
      const clusters = await call("vworkspace.cluster", "search", [[]]);
      const [cluster] = clusters["result"] as readonly number[];
      expect(
        await call("vworkspace.cluster", "read", [
          [cluster, 4711, cluster],
          ["code"],
        ]),
      ).toEqual({
        result: [
          { id: cluster, code: "first" },
          { id: cluster, code: "first" },
        ],
      });
      expect(
        await call("vworkspace.cluster", "write", [[4711], { name: "x" }]),
      ).toEqual({
        fault: [2, "There is no vworkspace.cluster with id 4711."],
      });
    });

    it("takes false, nil, 0 and nothing for no limit and the usual order", async () => {
      const call = await asAdmin();
      const all = await call("ir.model", "search", [[]]);
      for (const none of [0, false, null])
        expect(
          await call("ir.model", "search", [[]], {
            limit: none,
            offset: none,
            order: none === 0 ? "" : none,
          }),
        ).toEqual(all);
      const cluster = "vworkspace.cluster";
      const relation = async (keywords: object) => {
        const { result } = await call("vworkspace.job", "search_read", [[]], {
          fields: ["cluster_id"],
          limit: 1,
          ...keywords,
        });
        return (result as { cluster_id: unknown }[])[0]?.cluster_id;
      };
      const { result } = await call(cluster, "search", [[]]);
      const [id] = result as readonly number[];
      expect(await relation({})).toEqual([id, "First"]);
      expect(await relation({ load: "_classic_read" })).toEqual([id, "First"]);
      expect(await relation({ load: "" })).toBe(id);
      expect(await relation({ load: null })).toBe(id);
    });

    it("describes fields, whole or by attribute", async () => {
      const call = await asAdmin();
      const { result } = await call("vworkspace.cluster", "fields_get", []);
      expect(result).toMatchObject({
        id: { type: "integer", readonly: true },
        code: { type: "char", required: true, readonly: false, string: "Code" },
        organization_id: {
          type: "many2one",
          relation: "vworkspace.organization",
        },
        state: {
          type: "selection",
          selection: expect.arrayContaining([["active", "Active"]]) as unknown,
        },
      });
      expect(
        await call("vworkspace.cluster", "fields_get", [["code", "nothing"]], {
          attributes: ["type"],
        }),
      ).toEqual({ result: { code: { type: "char" } } });
      const empty = await call("vworkspace.cluster", "fields_get", [], {
        attributes: [],
      });
      expect(
        Object.values(empty["result"] as object).every(
          (field) => Object.keys(field as object).length === 0,
        ),
      ).toBe(true);
    });

    it("answers a repeat of a request with its first answer, and refuses another call under its id", async () => {
      const call = await asAdmin();
      const request = { request_id: "r-1" };
      const values = { code: "replayed", name: "Replayed" };
      const first = await call(
        "vworkspace.cluster",
        "create",
        [values],
        request,
      );
      expect(first["result"]).toEqual(expect.any(Number));
      expect(
        await call("vworkspace.cluster", "create", [values], {
          context: request,
        }),
      ).toEqual(first);
      expect(
        await call(
          "vworkspace.cluster",
          "create",
          [{ ...values, name: "Other" }],
          request,
        ),
      ).toEqual({
        fault: [
          2,
          'request_id "r-1" was used for another call: use a new one for each change.',
        ],
      });
      expect(
        await call(
          "vworkspace.cluster",
          "action_issue_registration_token",
          [first["result"]],
          { request_id: "r-2" },
        ),
      ).toEqual({
        fault: [
          2,
          "request_id can't be used with action_issue_registration_token: its answer is shown once and kept nowhere; leave it out.",
        ],
      });
    });

    it("writes the codes of faults as texts on the older paths", async () => {
      const call = await signedIn(gateway.admin, "/xmlrpc");
      expect(await call("nonsense", "search", [[]])).toEqual({
        fault: [
          'warning -- MissingError\n\nThe model "nonsense" does not exist; ir.model lists those that do.',
          "",
        ],
      });
      expect(await call("vworkspace.cluster", "_write", [[]])).toEqual({
        fault: [
          "warning -- AccessError\n\nPrivate methods such as _write can't be called.",
          "",
        ],
      });
      expect(
        await ask(
          "/xmlrpc/object",
          "execute",
          "any",
          1,
          "wrong",
          "vworkspace.cluster",
          "search",
          [],
        ),
      ).toEqual({ fault: ["AccessDenied", "Access Denied"] });
      const unknown = await call("vworkspace.cluster", "fly", []);
      expect(unknown["fault"]).toEqual([
        'The method "fly" does not exist on vworkspace.cluster.',
        'The method "fly" does not exist on vworkspace.cluster.',
      ]);
    });

    it("lets each role do what the table says, and an organization see its own only", async () => {
      const cluster = { code: "denied", name: "Denied" };
      const asReader = await signedIn(
        await gateway.addUser("reader", "reader"),
      );
      expect(await asReader("vworkspace.cluster", "create", [cluster])).toEqual(
        {
          fault: [
            4,
            "The role reader may not call create on vworkspace.cluster; it takes admin or bridge.",
          ],
        },
      );
      expect(await asReader(INSTANCE, "action_suspend", [[1]])).toEqual({
        fault: [
          4,
          "The role reader may not call action_suspend on vworkspace.application.instance; it takes operator or admin or bridge.",
        ],
      });
      expect(
        await asReader("vworkspace.audit.entry", "search", [[]]),
      ).toHaveProperty("fault.0", 4);
      expect(
        await asReader("vworkspace.cluster", "search_count", [[]]),
      ).toEqual({ result: 2 });
      expect(
        await asReader("vworkspace.cluster", "search_count", [[]], {
          on_behalf_of: { odoo_uid: 7, login: "ann" },
        }),
      ).toHaveProperty("fault.0", 4);

      const asStranger = await signedIn(
        await gateway.addUser("stranger", "admin", "elsewhere"),
      );
      for (const model of [
        "vworkspace.cluster",
        "vworkspace.catalog.entry",
        "vworkspace.policy",
        INSTANCE,
        "vworkspace.job",
        "vworkspace.event",
      ])
        expect([model, await asStranger(model, "search", [[]])]).toEqual([
          model,
          { result: [] },
        ]);
      const organizations = await asStranger(
        "vworkspace.organization",
        "search_read",
        [[], ["code"]],
      );
      expect(organizations["result"]).toMatchObject([{ code: "elsewhere" }]);
      const all = await (await asAdmin())("vworkspace.cluster", "search", [[]]);
      const [foreign] = all["result"] as readonly number[];
      expect(
        await asStranger("vworkspace.cluster", "read", [[foreign]]),
      ).toEqual({ result: [] });
      expect(
        await asStranger("vworkspace.cluster", "action_revoke", [[foreign]]),
      ).toEqual({
        fault: [2, `There is no vworkspace.cluster with id ${foreign}.`],
      });
    });

    it("keeps for whom a bridge acts in the audit log, where people are hashed", async () => {
      const asBridge = await signedIn(
        await gateway.addUser("bridge", "bridge"),
      );
      const asCaller = await asAdmin();
      const clusters = await asCaller("vworkspace.cluster", "search", [
        [["code", "=", "first"]],
      ]);
      const [cluster_id] = clusters["result"] as readonly number[];
      const created = await asBridge(
        INSTANCE,
        "create",
        [
          {
            name: "bridged",
            namespace: "team-b",
            cluster_id,
            catalog_code: "app",
            external_ref: "0b7c",
            intent_version: 5,
          },
        ],
        { on_behalf_of: { odoo_uid: 7, login: "ann@example.com" } },
      );
      expect(created["result"]).toEqual(expect.any(Number));
      expect(
        await asBridge(INSTANCE, "read", [
          created["result"],
          ["origin", "external_ref", "intent_version"],
        ]),
      ).toMatchObject({
        result: [{ origin: "odoo", external_ref: "0b7c", intent_version: 5 }],
      });
      // An older version changes nothing.
      await asBridge(INSTANCE, "write", [
        created["result"],
        { suspended: true, intent_version: 5 },
      ]);
      expect(
        await asBridge(INSTANCE, "read", [created["result"], ["suspended"]]),
      ).toMatchObject({ result: [{ suspended: false }] });
      const entries = await asCaller("vworkspace.audit.entry", "search_read", [
        [
          ["action", "=", "instance.create"],
          ["subject", "=", "application.instance:team-b/bridged"],
        ],
        ["actor", "on_behalf_of", "leaf_hash"],
      ]);
      expect(entries["result"]).toEqual([
        {
          id: expect.any(Number) as number,
          actor: "user:bridge",
          on_behalf_of: {
            odoo_uid: 7,
            login_hash: expect.stringMatching(/^[\w-]{43}$/) as string,
          },
          leaf_hash: expect.stringMatching(/^[0-9a-f]{64}$/) as string,
        },
      ]);
    });

    it("lets every field that is listed be read, of every model", async () => {
      // Nobody else may read them all.
      const asAdmin = await signedIn(await gateway.addUser("looker", "admin"));
      const models = await asAdmin("ir.model", "search_read", [[], ["model"]]);
      for (const { model } of models["result"] as { model: string }[]) {
        const fields = await asAdmin(model, "fields_get", []);
        const records = await asAdmin(model, "search_read", [[]]);
        const names = Object.keys(fields["result"] as object).sort();
        for (const record of records["result"] as object[])
          expect([model, Object.keys(record).sort()]).toEqual([model, names]);
      }
    });

    async function idsOf(
      call: Awaited<ReturnType<typeof asAdmin>>,
      name: string,
    ): Promise<readonly number[]> {
      const { result } = await call(INSTANCE, "search", [
        [["name", "=", name]],
      ]);
      return result as readonly number[];
    }
  },
);
