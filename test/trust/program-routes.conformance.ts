import {
  decodeJsonRpcResponse,
  decodeMethodResponse,
  encodeJsonRpcCall,
  encodeMethodCall,
  RpcFault,
  type RpcValue,
  type ServiceCall,
} from "@vworkspace/odoo-rpc";
import { ModelRegistry } from "../../apps/gateway/src/api/odoo/registry/model-registry";
import { UserService } from "../../apps/gateway/src/trust/identity/user.service";
import { OpenApiDocument } from "../docs/openapi-document";
import { type ListedGateway, startListedGateway } from "./listed-gateway";
import { guardOf } from "./route-guards";

jest.setTimeout(120_000);

const ORGANIZATION = "programs";
const METRICS_TOKEN = "m".repeat(40);

interface Caller {
  readonly uid: RpcValue;
  readonly key: string;
}

/** How a call is asked over a route; the service is in the path, or in the body. */
const ROUTES: Readonly<
  Record<string, "common" | "object" | readonly ["common", "object"]>
> = {
  "/xmlrpc/2/common": "common",
  "/xmlrpc/2/object": "object",
  "/xmlrpc/common": "common",
  "/xmlrpc/object": "object",
  "/jsonrpc": ["common", "object"],
};

interface KeyRoute {
  readonly http: "GET" | "POST";
  readonly path: (model: string, method: string) => string;
}

/** Routes whose caller is told by a bearer key alone, with a path that asks for a method of a model. */
const KEY_ROUTES: Readonly<Record<string, KeyRoute>> = {
  "/json/2/:model/:method": {
    http: "POST",
    path: (model, method) => `/json/2/${model}/${method}`,
  },
  "/doc-bearer/:file": {
    http: "GET",
    path: (model) => `/doc-bearer/${model}.json`,
  },
};

describe("Every route for programs", () => {
  let gateway: ListedGateway;
  let admin: Caller;
  let wrong: Readonly<Record<string, Caller>>;
  let methods: readonly (readonly [model: string, method: string])[];
  let cells = 0;

  beforeAll(async () => {
    gateway = await startListedGateway({
      VWORKSPACE_METRICS_TOKEN: METRICS_TOKEN,
    });
    methods = gateway
      .get(ModelRegistry)
      .models.flatMap(({ model, methods: all }) =>
        Object.keys(all).map((method) => [model.name, method] as const),
      );
    admin = await callerOf("admin");
    const other = await callerOf("other");
    const revoked = await callerOf("revoked");
    const ended = await callerOf("ended");
    const gone = await callerOf("gone");
    await changeKey("revoked_at = now()", revoked);
    await changeKey("expires_at = now()", ended);
    await gateway.look("update users set active = false where number = $1", [
      gone.uid,
    ]);
    wrong = {
      "no key": { ...admin, key: "" },
      "a wrong key": { ...admin, key: `${admin.key.slice(0, -1)}!` },
      "another's key": { ...admin, key: other.key },
      "no user": { ...admin, uid: 2_000_000_000 },
      "a revoked key": revoked,
      "a key that has ended": ended,
      "a user who is no longer active": gone,
    };
  });

  afterAll(async () => {
    process.stdout.write(
      `matrix of the programs' routes: ${Object.keys({ ...ROUTES, ...KEY_ROUTES }).length} routes, ${cells} cells\n`,
    );
    await gateway.stop();
  });

  async function callerOf(login: string): Promise<Caller> {
    const users = gateway.get(UserService);
    const { key } = await users.add({
      login,
      role: "admin",
      organizationCode: ORGANIZATION,
    });
    const uid = (await users.authenticate(login, key))?.number ?? 0;
    return { uid, key };
  }

  async function changeKey(assignment: string, { uid }: Caller): Promise<void> {
    await gateway.look(
      `update api_keys set ${assignment} where user_id = (select id from users where number = $1)`,
      [uid],
    );
  }

  /** @throws RpcFault */
  async function ask(path: string, call: ServiceCall): Promise<RpcValue> {
    const isXml = path.startsWith("/xmlrpc");
    const response = await fetch(gateway.url + path, {
      method: "POST",
      headers: { "content-type": isXml ? "text/xml" : "application/json" },
      body: isXml
        ? encodeMethodCall(call.method, call.args)
        : encodeJsonRpcCall(1, call),
    });
    cells += 1;
    const answer = Buffer.from(await response.arrayBuffer());
    return isXml
      ? decodeMethodResponse(answer)
      : decodeJsonRpcResponse(answer, 1);
  }

  const execute = (
    path: string,
    { uid, key }: Caller,
    [model, method]: readonly [string, string],
    args: RpcValue[] = [],
  ) =>
    ask(path, {
      service: "object",
      method: "execute_kw",
      args: ["any", uid, key, model, method, args],
    });

  const pathsOf = (service: "common" | "object") =>
    Object.keys(ROUTES).filter((path) => ROUTES[path]?.includes(service));

  it("is one of those that are tried here", () => {
    const listed = gateway.routes
      .filter((route) => guardOf(route) === "api-key")
      .map(({ path }) => path);
    expect([...new Set(listed)].sort()).toEqual(
      Object.keys({ ...ROUTES, ...KEY_ROUTES }).sort(),
    );
  });

  it("stands in an OpenAPI document where it has one, as do the agent's, and nothing else does", () => {
    const json2 = new OpenApiDocument("openapi-json2.json");
    const agent = new OpenApiDocument("openapi-agent.json");
    const listed = gateway.routes
      .filter(({ path }) =>
        /^\/(json\/2|doc-bearer|web\/version|api\/agent|\.well-known)(\/|$)/.test(
          path,
        ),
      )
      .map(({ method, path }) => `${method} ${path}`);
    const said = [...json2.operations, ...agent.operations].map(
      ({ http, path }) =>
        `${http.toUpperCase()} ${path
          .replace(/^\/json\/2\/.*/, "/json/2/:model/:method")
          .replaceAll(/\{(\w+)\}/g, ":$1")}`,
    );
    expect([...new Set(said)].sort()).toEqual([...new Set(listed)].sort());
    const methodsSaid = json2.operations
      .map(({ path }) => /^\/json\/2\/([^/]+)\/([^/]+)$/.exec(path))
      .flatMap((match) => (match ? [`${match[1]} ${match[2]}`] : []));
    expect(methodsSaid.sort()).toEqual(
      methods.map(([model, method]) => `${model} ${method}`).sort(),
    );
  });

  /** Status, challenge and sentence of a call with this header, or none. */
  async function askWithKey(
    { http, path }: KeyRoute,
    authorization: string | undefined,
    [model, method]: readonly [string, string],
    database = "any",
  ) {
    cells += 1;
    const response = await fetch(gateway.url + path(model, method), {
      method: http,
      headers: {
        "x-odoo-database": database,
        ...(authorization !== undefined && { authorization }),
      },
    });
    const body = (await response.json()) as { message?: string };
    return [
      response.status,
      response.headers.get("www-authenticate"),
      body.message,
    ];
  }

  it("takes a right key that comes alone", async () => {
    const model = ["vworkspace.cluster", "search_count"] as const;
    for (const [route, how] of Object.entries(KEY_ROUTES))
      for (const scheme of ["Bearer", "bearer"])
        for (const database of ["any", ""]) {
          const header = `${scheme} ${admin.key}`;
          const [status] = await askWithKey(how, header, model, database);
          expect([route, scheme, database, status]).toEqual([
            route,
            scheme,
            database,
            200,
          ]);
        }
  });

  it("refuses every method to whoever has no right key alone, in the same words", async () => {
    const keyOf = (what: string) => wrong[what]?.key ?? "";
    const headers: Readonly<Record<string, string | undefined>> = {
      nothing: undefined,
      "no key": "Bearer ",
      "a wrong key": `Bearer ${keyOf("a wrong key")}`,
      "another scheme": `Basic ${admin.key}`,
      "a bare key": admin.key,
      "two keys": `Bearer ${admin.key} ${admin.key}`,
      "a revoked key": `Bearer ${keyOf("a revoked key")}`,
      "a key that has ended": `Bearer ${keyOf("a key that has ended")}`,
      "a user who is no longer active": `Bearer ${keyOf("a user who is no longer active")}`,
    };
    for (const [route, how] of Object.entries(KEY_ROUTES))
      for (const [what, header] of Object.entries(headers))
        for (const method of methods)
          expect([
            route,
            what,
            method,
            await askWithKey(how, header, method),
          ]).toEqual([route, what, method, [401, "Bearer", "Access Denied"]]);
  });

  it("takes a right key", async () => {
    const model = ["vworkspace.cluster", "search_count"] as const;
    for (const path of pathsOf("object"))
      expect(await execute(path, admin, model, [[]])).toBe(0);
  });

  it("refuses every method to whoever has no right key, in the same words", async () => {
    for (const path of pathsOf("object"))
      for (const [what, caller] of Object.entries(wrong))
        for (const method of methods) {
          const answer = await execute(path, caller, method).catch(
            (error: unknown) => error,
          );
          expect([path, what, method, answer]).toEqual([
            path,
            what,
            method,
            new RpcFault("accessDenied", "Access Denied"),
          ]);
        }
  });

  it("signs nobody in without a right key, and tells nobody who exists", async () => {
    const args = (login: string, key: string) => ["any", login, key];
    for (const path of pathsOf("common"))
      for (const [login, key] of [
        ["admin", ""],
        ["admin", "wrong"],
        ["nobody", "wrong"],
        ["revoked", wrong["a revoked key"]?.key ?? ""],
        ["ended", wrong["a key that has ended"]?.key ?? ""],
        ["gone", wrong["a user who is no longer active"]?.key ?? ""],
        ["other", admin.key],
      ] as const)
        expect([
          path,
          login,
          await ask(path, {
            service: "common",
            method: "login",
            args: args(login, key),
          }),
        ]).toEqual([path, login, false]);
  });

  it("gives metrics of another machine's request to the metrics token alone", async () => {
    const statusOf = async (authorization: string | undefined) => {
      cells += 1;
      const { status } = await fetch(`${gateway.url}/metrics`, {
        headers: {
          // A proxy on this machine says so; without it the request is this machine's own.
          "x-forwarded-for": "192.0.2.1",
          ...(authorization !== undefined && { authorization }),
        },
      });
      return status;
    };
    for (const given of [
      undefined,
      "",
      "Bearer ",
      `Bearer ${METRICS_TOKEN.slice(1)}`,
      `Bearer ${METRICS_TOKEN}m`,
      `Basic ${METRICS_TOKEN}`,
      `Bearer ${admin.key}`,
    ])
      expect([given, await statusOf(given)]).toEqual([given, 401]);
    expect(await statusOf(`Bearer ${METRICS_TOKEN}`)).toBe(200);
  });
});
