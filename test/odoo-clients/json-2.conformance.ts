import { OpenApiDocument } from "../docs/openapi-document";
import { type Credentials, OdooGateway } from "./odoo-gateway";

jest.setTimeout(120_000);

const CLUSTER = "vworkspace.cluster";
const INSTANCE = "vworkspace.application.instance";
const CHARTS = "https://charts.example.com";

interface Answer {
  readonly status: number;
  readonly type: string | null;
  readonly challenge: string | null;
  readonly body: unknown;
}

const documented = new OpenApiDocument("openapi-json2.json");
let gateway: OdooGateway;
let reader: Credentials;

beforeAll(async () => {
  gateway = await OdooGateway.start();
  reader = await gateway.addUser("reader@example.com", "reader");
});
afterAll(() => gateway?.stop());

interface Sending {
  readonly key?: string;
  readonly headers?: Readonly<Record<string, string>>;
  readonly http?: string;
}

/** A call with named arguments, or with a text that is sent as it is. */
async function call(
  model: string,
  method: string,
  args: object | string = {},
  { key = gateway.admin.key, headers = {}, http = "POST" }: Sending = {},
): Promise<Answer> {
  const response = await fetch(`${gateway.url}/json/2/${model}/${method}`, {
    method: http,
    headers: {
      authorization: `Bearer ${key}`,
      "content-type": "application/json",
      ...headers,
    },
    ...(http === "POST" && {
      body: typeof args === "string" ? args : JSON.stringify(args),
    }),
  });
  const body: unknown = await response.json();
  const { status } = response;
  const path = `/json/2/${model}/${method}`;
  // Whatever comes of a call is as the document says, where it has the call.
  if (http === "POST" && path in documented.parsed.paths)
    expect(documented.problemsOf(path, status, body)).toBe("");
  return {
    status,
    type: response.headers.get("content-type"),
    challenge: response.headers.get("www-authenticate"),
    body,
  };
}

async function result(
  model: string,
  method: string,
  args: object = {},
): Promise<unknown> {
  const { status, type, body } = await call(model, method, args);
  expect([status, type, body]).toEqual([
    200,
    "application/json; charset=utf-8",
    body,
  ]);
  return body;
}

/** What an error says whole, in Odoo's shape. */
function errorBody(name: string, message: string) {
  return {
    name,
    message,
    arguments: [message],
    context: {},
    debug: `${name}: ${message}`,
  };
}

describe("JSON-2, as a client uses it", () => {
  let cluster: number;
  let shop: number;

  it("says its version without asking who wants to know", async () => {
    const response = await fetch(`${gateway.url}/web/version`);
    expect([response.status, await response.json()]).toEqual([
      200,
      { version_info: [19, 0, 0, "final", 0, ""], version: "19.0" },
    ]);
  });

  it("needs a key and no login, whatever the case of Bearer and with any database or none", async () => {
    const { key } = gateway.admin;
    for (const headers of [
      { authorization: `Bearer ${key}` },
      { authorization: `bearer ${key}`, "x-odoo-database": "" },
      { authorization: `BEARER ${key}`, "x-odoo-database": "gateway" },
    ])
      expect(
        await call("res.users", "context_get", {}, { headers }),
      ).toMatchObject({
        status: 200,
        body: { lang: "en_US", tz: false, uid: 1 },
      });
  });

  it("takes a call without a body as one without arguments", async () => {
    const response = await fetch(
      `${gateway.url}/json/2/${CLUSTER}/search_count`,
      {
        method: "POST",
        headers: { authorization: `Bearer ${gateway.admin.key}` },
      },
    );
    expect([response.status, await response.json()]).toEqual([200, 0]);
  });

  it("answers a create with a list, whether it was given one record or several", async () => {
    const [first, ...none] = (await result(CLUSTER, "create", {
      vals_list: { code: "first", name: "First" },
    })) as number[];
    expect(none).toEqual([]);
    cluster = first ?? 0;
    await result("vworkspace.catalog.entry", "create", {
      vals_list: [
        {
          code: "app",
          name: "App",
          chart_source_type: "helm",
          chart_url: CHARTS,
          chart_name: "app",
          recommended_version: "1.0.0",
        },
      ],
    });
    await result("vworkspace.policy", "create", {
      vals_list: {
        name: "teams",
        allowed_namespaces: ["team-*"],
        allowed_catalog_codes: ["*"],
        allowed_chart_url_prefixes: [CHARTS],
      },
    });
    const made = (await result(INSTANCE, "create", {
      vals_list: ["shop", "blog"].map((name) => ({
        name,
        namespace: "team-a",
        cluster_id: cluster,
        catalog_code: "app",
        values: { a: null, big: 2 ** 40 },
      })),
      context: { lang: "de_DE", tz: "Europe/Vienna", allowed_company_ids: [1] },
    })) as number[];
    expect(made).toHaveLength(2);
    shop = made[0] ?? 0;
  });

  it("reads by a list of ids or one, a many2one with its name or without", async () => {
    const fields = ["name", "cluster_id", "values", "last_backup_at"];
    const record = {
      id: shop,
      name: "shop",
      cluster_id: [cluster, "First"],
      values: { a: null, big: 2 ** 40 },
      last_backup_at: false,
    };
    expect(await result(INSTANCE, "read", { ids: [shop], fields })).toEqual([
      record,
    ]);
    expect(await result(INSTANCE, "read", { ids: shop, fields })).toEqual([
      record,
    ]);
    expect(
      await result(INSTANCE, "read", {
        ids: [shop],
        fields: ["cluster_id"],
        load: null,
      }),
    ).toEqual([{ id: shop, cluster_id: cluster }]);
    expect(
      await result(INSTANCE, "search_read", {
        domain: [["cluster_id.code", "=", "first"]],
        fields: ["display_name"],
        order: "name",
      }),
    ).toMatchObject([{ display_name: "blog" }, { display_name: "shop" }]);
    expect(await result(INSTANCE, "read", { ids: [2 ** 31 - 1] })).toEqual([]);
  });

  it("answers a write with true, an action that says nothing with null, and another with what it says", async () => {
    expect(
      await result(INSTANCE, "write", {
        ids: [shop],
        vals: { chart_version: "1.0.1" },
      }),
    ).toBe(true);
    expect(await result(INSTANCE, "action_suspend", { ids: shop })).toBeNull();
    expect(
      await result(CLUSTER, "action_issue_registration_token", {
        ids: [cluster],
      }),
    ).toEqual({
      token: expect.stringMatching(/^vwr_/) as string,
      expires_at: expect.any(String) as string,
      install_command: expect.any(String) as string,
    });
    const catalog = "vworkspace.catalog.entry";
    const [gone] = (await result(catalog, "create", {
      vals_list: [
        {
          code: "gone",
          name: "Gone",
          chart_source_type: "helm",
          chart_url: CHARTS,
          chart_name: "gone",
        },
      ],
    })) as number[];
    expect(await result(catalog, "unlink", { ids: [gone] })).toBe(true);
  });

  it("answers a repeat with the same request_id once more, from the context or beside it", async () => {
    const vals_list = [{ code: "second", name: "Second" }];
    const context = { request_id: "one-and-the-same" };
    const made = await result(CLUSTER, "create", { vals_list, context });
    expect(await result(CLUSTER, "create", { vals_list, ...context })).toEqual(
      made,
    );
  });

  it("describes a model to whoever holds a key, with the methods that he may call", async () => {
    const describe = async (key: string) => {
      const url = `${gateway.url}/doc-bearer/${CLUSTER}.json`;
      const response = await fetch(url, {
        headers: { authorization: `Bearer ${key}` },
      });
      return (await response.json()) as {
        fields: Record<string, { type: string }>;
        methods: Record<string, { parameters: object; api: string[] }>;
      };
    };
    const { methods, fields, ...rest } = await describe(gateway.admin.key);
    expect(rest).toEqual({ model: CLUSTER, name: "Cluster", doc: "" });
    expect(fields["connected"]).toMatchObject({ type: "boolean" });
    expect(Object.keys(methods["search_read"]?.parameters ?? {})).toEqual([
      "domain",
      "fields",
      "offset",
      "limit",
      "order",
      "load",
    ]);
    const api = (name: string) => methods[name]?.api;
    expect([api("search"), api("create")]).toEqual([["model"], ["model"]]);
    expect([api("read"), api("write"), api("action_revoke")]).toEqual([
      [],
      [],
      [],
    ]);
    const seen = await describe(reader.key);
    expect(seen.methods).toHaveProperty("read");
    expect(seen.methods).not.toHaveProperty("create");
  });
});

describe("JSON-2 refuses", () => {
  it.each<
    readonly [
      what: string,
      call: readonly [model: string, method: string, args?: object | string],
      status: number,
      name: string,
      message: string,
    ]
  >([
    [
      "a body that is no JSON",
      [CLUSTER, "search", "{"],
      400,
      "builtins.ValueError",
      "The body is not valid JSON.",
    ],
    [
      "a body that is no object",
      [CLUSTER, "search", "[]"],
      422,
      "builtins.ValueError",
      'The body must be a JSON object of named arguments, such as {"ids": [1], "fields": ["name"]}.',
    ],
    [
      "a private method",
      [CLUSTER, "_write"],
      403,
      "odoo.exceptions.AccessError",
      "Private methods such as _write can't be called.",
    ],
    [
      "an unknown model",
      ["vworkspace.moon", "search"],
      404,
      "odoo.exceptions.MissingError",
      'The model "vworkspace.moon" does not exist; ir.model lists those that do.',
    ],
    [
      "an unknown method",
      [CLUSTER, "fly"],
      404,
      "builtins.ValueError",
      'The method "fly" does not exist on vworkspace.cluster.',
    ],
    [
      "a record that isn't there",
      [CLUSTER, "write", { ids: [4711], vals: { name: "x" } }],
      404,
      "odoo.exceptions.MissingError",
      "There is no vworkspace.cluster with id 4711.",
    ],
    [
      "an unknown field",
      [CLUSTER, "read", { ids: [1], fields: ["moon"] }],
      422,
      "builtins.ValueError",
      'fields: the field "moon" does not exist; fields_get lists those that do.',
    ],
    [
      "an unknown argument",
      [CLUSTER, "search", { sort: "id" }],
      422,
      "builtins.ValueError",
      "search has no argument sort; there are domain, offset, limit, order, context, request_id, on_behalf_of.",
    ],
    [
      "ids of a method on the model",
      [CLUSTER, "search", { ids: [1] }],
      422,
      "builtins.ValueError",
      "search has no argument ids; there are domain, offset, limit, order, context, request_id, on_behalf_of.",
    ],
    [
      "a missing argument",
      [CLUSTER, "create"],
      422,
      "builtins.ValueError",
      "create takes a struct, or a list of structs, of field names and values.",
    ],
    [
      "a value that doesn't fit",
      [CLUSTER, "create", { vals_list: [{ code: "x" }] }],
      422,
      "odoo.exceptions.ValidationError",
      "name is missing; it is required.",
    ],
  ])(
    "%s, with its status and Odoo's body",
    async (...[, called, status, name, message]) => {
      expect(await call(...called)).toEqual({
        status,
        type: "application/json; charset=utf-8",
        challenge: null,
        body: errorBody(name, message),
      });
    },
  );

  it("what policy denies, with the rule in words", async () => {
    const refused = await call(INSTANCE, "create", {
      vals_list: {
        name: "shop",
        namespace: "kube-system",
        cluster_id: 1,
        catalog_code: "app",
      },
    });
    expect(refused).toMatchObject({
      status: 422,
      body: { name: "odoo.exceptions.UserError" },
    });
    expect(refused.body).toHaveProperty(
      "message",
      expect.stringContaining("namespace"),
    );
  });

  it("whoever has no right key with 401 and a challenge, before anything else is looked at", async () => {
    for (const authorization of ["", "Bearer ", "Bearer x", "Basic x"])
      expect(
        await call("no.such.model", "fly", "{", { headers: { authorization } }),
      ).toEqual({
        status: 401,
        type: "application/json; charset=utf-8",
        challenge: "Bearer",
        body: errorBody("odoo.exceptions.AccessDenied", "Access Denied"),
      });
  });

  it("what the role may not do with 403", async () => {
    const { status, body } = await call(
      CLUSTER,
      "create",
      { vals_list: [{ code: "x", name: "X" }] },
      { key: reader.key },
    );
    expect(status).toBe(403);
    expect(body).toEqual(
      errorBody(
        "odoo.exceptions.AccessError",
        "The role reader may not call create on vworkspace.cluster; it takes admin or bridge.",
      ),
    );
  });

  it("a body of another type with 415, and one that is too large with 413", async () => {
    const headers = { "content-type": "text/plain" };
    expect(await call(CLUSTER, "search", "{}", { headers })).toMatchObject({
      status: 415,
      body: {
        message:
          "The Content-Type of the body is another one: send application/json.",
      },
    });
    const large = JSON.stringify({ domain: "x".repeat(1024 * 1024) });
    expect(await call(CLUSTER, "search", large)).toMatchObject({ status: 413 });
  });

  it("GET, a model without a method, and a description of nothing with 404", async () => {
    expect(await call(CLUSTER, "search", {}, { http: "GET" })).toMatchObject({
      status: 404,
    });
    const headers = { authorization: `Bearer ${gateway.admin.key}` };
    const statusOf = async (path: string, method = "GET") =>
      (await fetch(gateway.url + path, { method, headers })).status;
    expect(await statusOf(`/json/2/${CLUSTER}`, "POST")).toBe(404);
    expect(await statusOf("/doc-bearer/no.such.model.json")).toBe(404);
    expect(await statusOf(`/doc-bearer/${CLUSTER}`)).toBe(404);
  });
});
