import { decodeMethodResponse, type RpcValue } from "@vworkspace/odoo-rpc";
import { OdooGateway } from "../odoo-clients/odoo-gateway";
import { faultOf, OdooCaller, type OdooCall } from "./odoo-caller";

jest.setTimeout(120_000);

const CLUSTER = "vworkspace.cluster";
const CATALOG = "vworkspace.catalog.entry";
const POLICY = "vworkspace.policy";
const INSTANCE = "vworkspace.application.instance";
const CHARTS = "https://charts.example.com";

type Keywords = { [key: string]: RpcValue };

/** A bad call on a model, and its fault on /xmlrpc/2. */
type Case = readonly [
  what: string,
  call: OdooCall,
  fault: readonly [code: number, sentence: string],
];

let gateway: OdooGateway;
let caller: OdooCaller;
let instance: Keywords;

beforeAll(async () => {
  gateway = await OdooGateway.start();
  caller = new OdooCaller(gateway.url, gateway.admin.key);
  const cluster = await caller.create(CLUSTER, { code: "c", name: "C" });
  await caller.create(CATALOG, {
    code: "app",
    name: "App",
    chart_source_type: "helm",
    chart_url: CHARTS,
    chart_name: "app",
    recommended_version: "1.0.0",
  });
  await caller.create(POLICY, {
    name: "teams",
    allowed_namespaces: ["team-*"],
    allowed_catalog_codes: ["app"],
    allowed_chart_url_prefixes: [CHARTS],
    version_constraint: "<2.0.0",
    max_instances: 1,
  });
  instance = {
    name: "shop",
    namespace: "team-a",
    cluster_id: cluster,
    catalog_code: "app",
  };
});
afterAll(() => gateway?.stop());

const nested = (depth: number): RpcValue =>
  depth === 0
    ? [["name", "=", "x"]]
    : [["organization_id", "any", nested(depth - 1)]];

describe("calls that ask for what isn't there, or mean nothing", () => {
  it.each<Case>([
    [
      "an unknown model",
      ["vworkspace.moon", "search", []],
      [
        2,
        'The model "vworkspace.moon" does not exist; ir.model lists those that do.',
      ],
    ],
    [
      "an inherited name as a model",
      ["constructor", "search", []],
      [
        2,
        'The model "constructor" does not exist; ir.model lists those that do.',
      ],
    ],
    [
      "an unknown method",
      [CLUSTER, "fly", []],
      [1, 'The method "fly" does not exist on vworkspace.cluster.'],
    ],
    [
      "an inherited name as a method",
      [CLUSTER, "toString", []],
      [1, 'The method "toString" does not exist on vworkspace.cluster.'],
    ],
    [
      "a private method",
      [CLUSTER, "_write", []],
      [4, "Private methods such as _write can't be called."],
    ],
    [
      "a method that a model hasn't",
      ["vworkspace.job", "unlink", [[1]]],
      [1, 'The method "unlink" does not exist on vworkspace.job.'],
    ],
    [
      "too many arguments",
      [CLUSTER, "read", [[1], [], "", 4]],
      [1, "read takes at most 3: ids, fields, load; 4 were sent."],
    ],
    [
      "an unknown argument",
      [CLUSTER, "search", [], { sort: "id" }],
      [
        1,
        "search has no argument sort; there are domain, offset, limit, order, context, request_id, on_behalf_of.",
      ],
    ],
    [
      "an argument twice",
      [CLUSTER, "search", [[]], { domain: [] }],
      [1, "search got domain twice."],
    ],
    [
      "a context that is none",
      [CLUSTER, "search", [], { context: "x" }],
      [1, "context must be a struct."],
    ],
    [
      "a request_id that is no text",
      [CLUSTER, "create", [{}], { request_id: 5 }],
      [1, "request_id must be a text."],
    ],
    [
      "an on_behalf_of that is none",
      [CLUSTER, "search", [], { on_behalf_of: { login: "x" } }],
      [
        1,
        'on_behalf_of must be a struct {"odoo_uid": 7, "login": "ann"} with a login of 1 to 128 characters.',
      ],
    ],
    [
      "on_behalf_of without being a bridge",
      [CLUSTER, "search", [], { on_behalf_of: { odoo_uid: 2, login: "x" } }],
      [
        4,
        "on_behalf_of is for keys of the role bridge; this one has the role admin.",
      ],
    ],
    [
      "ids that are none",
      [CLUSTER, "read", [["1"]]],
      [1, 'ids: "1" is no id; ids are integers, one or a list of them.'],
    ],
    [
      "an id that isn't there",
      [CLUSTER, "write", [[4711], { name: "x" }]],
      [2, "There is no vworkspace.cluster with id 4711."],
    ],
    [
      "a negative limit",
      [CLUSTER, "search", [[]], { limit: -1 }],
      [1, "limit: -1 is no whole number from 0."],
    ],
    [
      "an unknown field to read",
      [CLUSTER, "read", [[1], ["secret"]]],
      [
        1,
        'fields: the field "secret" does not exist; fields_get lists those that do.',
      ],
    ],
    [
      "an unknown field to order by",
      [CLUSTER, "search", [[]], { order: "secret" }],
      [
        1,
        'order: the field "secret" does not exist; fields_get lists those that do.',
      ],
    ],
    [
      "SQL to order by",
      [CLUSTER, "search", [[]], { order: "id; drop table users" }],
      [
        1,
        'order: "id; drop table users" is no "field", "field asc" or "field desc".',
      ],
    ],
    [
      "a field without an order",
      [CLUSTER, "search", [[]], { order: "conditions" }],
      [
        1,
        "order: conditions is of type json, which has no order; leave it out.",
      ],
    ],
  ])("%s", async (_what, call, fault) => {
    expect(faultOf(await caller.execute(call))).toEqual(fault);
  });

  it.each<readonly [string, RpcValue, string]>([
    [
      "an unknown field",
      [["secret", "=", 1]],
      "Domain: the field secret does not exist on vworkspace.cluster; fields_get lists those that do.",
    ],
    [
      "an unknown field at the end of a path",
      [["organization_id.secret", "=", 1]],
      "Domain: the field secret does not exist on vworkspace.organization; fields_get lists those that do.",
    ],
    [
      "a path through no relation",
      [["name.x", "=", 1]],
      'Domain: name on vworkspace.cluster is of type char and leads to no other record; neither a path nor "any" can go through it.',
    ],
    [
      "an unknown operator",
      [["name", "~", "x"]],
      'Domain: the operator "~" on name is unknown; there are =, in, like, ilike, =like, =ilike, ==, !=, <>, not in, not like, not ilike, not =like, not =ilike, <, <=, >, >=, =?, child_of, parent_of, any, not any.',
    ],
    [
      "SQL for a field",
      [["id = 1 or 1=1 --", "=", 1]],
      'Domain: "id = 1 or 1=1 --" is no field.',
    ],
    [
      "a connective without operands",
      ["|", ["name", "=", "x"]],
      'Domain: "|" has too few conditions to its right.',
    ],
    [
      "no list",
      "name = x",
      'Domain: "name = x" is no domain; send a list such as [["name", "=", "x"]].',
    ],
    [
      "a value of another type",
      [["last_seen", ">", "yesterday"]],
      'Domain: last_seen is of type datetime and can\'t be compared to "yesterday"; use "YYYY-MM-DD HH:MM:SS" in UTC.',
    ],
    [
      "domains in domains",
      nested(7),
      'Domain: more than 6 levels of "any" in each other.',
    ],
    [
      "501 conditions",
      Array<RpcValue>(1001).fill(["id", "=", 1]),
      'Domain: more than 500 conditions; use "in" with a list, or several searches.',
    ],
  ])(
    "a domain with %s is fault 1, also for counting",
    async (_what, domain, sentence) => {
      for (const method of ["search", "search_count", "search_read"])
        expect([
          method,
          ...faultOf(await caller.execute([CLUSTER, method, [domain]])),
        ]).toEqual([method, 1, sentence]);
    },
  );
});

describe("records that can't be", () => {
  const created = (changes: Keywords): OdooCall => [
    INSTANCE,
    "create",
    [{ ...instance, ...changes }],
  ];
  const secret = "hunter2-hunter2-hunter2";

  it.each<readonly [string, () => OdooCall, Case[2]]>([
    [
      "an unknown field",
      () => [CLUSTER, "create", [{ code: "x", name: "X", colour: "red" }]],
      [
        1,
        "vworkspace.cluster has no field colour; fields_get lists those that exist.",
      ],
    ],
    [
      "a field that is observed",
      () => created({ state: "ready" }),
      [2, "state is read only; leave it out."],
    ],
    [
      "a code that can't change",
      () => [CLUSTER, "write", [[1], { code: "x" }]],
      [2, "code can't be changed once the record is there; leave it out."],
    ],
    [
      "a missing field",
      () => [CLUSTER, "create", [{ code: "x" }]],
      [2, "name is missing; it is required."],
    ],
    [
      "an empty name",
      () => [CLUSTER, "write", [[1], { name: "" }]],
      [2, "name is empty; it is required."],
    ],
    [
      "no struct",
      () => [CLUSTER, "create", ["x"]],
      [
        1,
        "create takes a struct, or a list of structs, of field names and values.",
      ],
    ],
    [
      "no values",
      () => [CLUSTER, "write", [[1]]],
      [1, "write takes one struct, of field names and values."],
    ],
    [
      "101 at once",
      () => [CLUSTER, "create", [Array<RpcValue>(101).fill({})]],
      [
        1,
        "One call changes at most 100 records, and 101 were sent; use several calls.",
      ],
    ],
    [
      "a number for a text",
      () => [CLUSTER, "create", [{ code: 5, name: "X" }]],
      [2, "code is 5: give a text."],
    ],
    [
      "a text for a boolean",
      () => created({ suspended: "yes" }),
      [2, 'suspended is "yes": give true or false.'],
    ],
    [
      "a text for an id",
      () => created({ cluster_id: "c" }),
      [2, 'cluster_id is "c": give the id of one vworkspace.cluster.'],
    ],
    [
      "a fraction",
      () => [POLICY, "write", [[1], { max_instances: 1.5 }]],
      [2, "max_instances is 1.5: give a whole number up to 2147483647."],
    ],
    [
      "another selection",
      () => [CATALOG, "write", [[1], { chart_source_type: "git" }]],
      [2, 'chart_source_type is "git": give one of oci, helm.'],
    ],
    [
      "a list of numbers for texts",
      () => [POLICY, "write", [[1], { allowed_namespaces: [1] }]],
      [
        2,
        'allowed_namespaces is a list: give a list of texts such as ["a", "b"].',
      ],
    ],
    [
      "a text that is no JSON",
      () => [POLICY, "write", [[1], { allowed_namespaces: "team-*" }]],
      [
        2,
        "allowed_namespaces is a text that is no JSON of at most 64 levels; give the value itself.",
      ],
    ],
    [
      "a cluster that isn't there",
      () => created({ cluster_id: 99 }),
      [2, "cluster_id is 99: there is no vworkspace.cluster with that id."],
    ],
    [
      "a catalog entry that isn't there",
      () => created({ catalog_code: "moon" }),
      [
        2,
        'catalog_code is "moon": there is no active catalog entry of that code.',
      ],
    ],
    [
      "a code that is taken",
      () => [CLUSTER, "create", [{ code: "c", name: "C" }]],
      [2, 'code is "c": there is a cluster of that code; choose another.'],
    ],
    [
      "a name that is no DNS label",
      () => created({ name: "My Shop" }),
      [
        2,
        'name is "My Shop": use a DNS label (lower-case letters, digits, hyphens; at most 63).',
      ],
    ],
    [
      "a namespace that is no DNS label",
      () => created({ namespace: "-a" }),
      [
        2,
        'namespace is "-a": use a DNS label (lower-case letters, digits, hyphens; at most 63).',
      ],
    ],
    [
      "a chart version that is no semver",
      () => created({ chart_version: "latest" }),
      [
        2,
        'chart_version is "latest": give one exact version, for example 1.2.3.',
      ],
    ],
    [
      "a range for a chart version",
      () => created({ chart_version: "^1.0.0" }),
      [
        2,
        'chart_version is "^1.0.0": give one exact version, for example 1.2.3.',
      ],
    ],
    [
      "values as struct and as text",
      () => created({ values: {}, values_json: "{}" }),
      [2, "values and values_json are both given: leave one of them out."],
    ],
    [
      "bytes in the values",
      () => created({ values: { a: new Uint8Array([1]) } }),
      [2, "values holds something that is no JSON; leave it out."],
    ],
    [
      "a version constraint that is none",
      () => [POLICY, "write", [[1], { version_constraint: "newest" }]],
      [
        2,
        'version_constraint is "newest": give a semver range, for example ">=1.2.0 <2.0.0".',
      ],
    ],
    [
      "a chart URL of another kind",
      () => [CATALOG, "write", [[1], { chart_url: "ftp://example.com" }]],
      [
        2,
        'chart_url is "ftp://example.com": give an http(s) URL without credentials.',
      ],
    ],
    [
      "a namespace that policy forbids",
      () => created({ namespace: "kube-system" }),
      [
        2,
        'Policy refuses this (allowed_namespaces): namespace "kube-system" is not among "team-*".',
      ],
    ],
    [
      "a version that policy forbids",
      () => created({ chart_version: "2.0.0" }),
      [
        2,
        'Policy refuses this (version_constraint): chart version 2.0.0 does not satisfy "<2.0.0".',
      ],
    ],
  ])("%s", async (_what, call, fault) => {
    expect(faultOf(await caller.execute(call()))).toEqual(fault);
  });

  it("values that look like secrets are refused by their path, which is all that is told", async () => {
    const text = await caller.execute(
      created({ values: { auth: { adminPassword: secret } } }),
    );
    const [code, sentence] = faultOf(text);
    expect(code).toBe(2);
    expect(sentence).toMatch(/auth\.adminPassword/);
    expect(text).not.toContain(secret);
    expect(gateway.lastOutput).not.toContain(secret);
  });

  it("values_json that is no JSON is refused", async () => {
    for (const values_json of ["", "{", "[]", "null"]) {
      const [code, sentence] = faultOf(
        await caller.execute(created({ values_json })),
      );
      expect(code).toBe(2);
      expect(sentence).toMatch(/^values_json /);
    }
  });

  it("the second instance where policy has room for one is refused, and the first stays", async () => {
    const first = await caller.create(INSTANCE, instance);
    expect(faultOf(await caller.execute(created({ name: "second" })))).toEqual([
      2,
      "Policy refuses this (max_instances): there are 1 instances, and 1 are allowed.",
    ]);
    expect(
      decodeMethodResponse(await caller.execute([INSTANCE, "search", [[]]])),
    ).toEqual([first]);
  });

  it("what was refused reached no cluster, and what policy refused is in the audit log", async () => {
    const jobs = decodeMethodResponse(
      await caller.execute(["vworkspace.job", "search_count", [[]]]),
    );
    expect(jobs).toBe(1);
    const refusals = await caller.execute([
      "vworkspace.audit.entry",
      "search_read",
      [[["action", "=", "policy.refuse"]], ["detail"]],
      { order: "id" },
    ]);
    expect(decodeMethodResponse(refusals)).toMatchObject([
      {
        detail: {
          rule: "allowed_namespaces",
          value: "kube-system",
          policy: "teams",
        },
      },
      {
        detail: { rule: "version_constraint", value: "2.0.0", policy: "teams" },
      },
      { detail: { rule: "max_instances", value: "1", policy: "teams" } },
    ]);
  });

  it("nothing of all this was an error of the gateway itself", () => {
    expect(gateway.lastOutput).not.toMatch(
      /an Odoo RPC call failed|"level":50/,
    );
  });
});
