import { randomUUID } from "node:crypto";
import {
  encodeJsonRpcCall,
  encodeMethodCall,
  type RpcValue,
} from "@vworkspace/odoo-rpc";
import { z } from "zod";
import { ModelRegistry } from "../../apps/gateway/src/api/odoo/registry/model-registry";
import { InstanceService } from "../../apps/gateway/src/intent/instances/instance.service";
import { OperationService } from "../../apps/gateway/src/intent/operations/operation.service";
import { ScheduleService } from "../../apps/gateway/src/intent/operations/schedule.service";
import { OdooDatabaseService } from "../../apps/gateway/src/observed/odoo-sync/odoo-database.service";
import type { Role } from "../../apps/gateway/src/trust/identity/domain/actor";
import { UserService } from "../../apps/gateway/src/trust/identity/user.service";
import { makeNamedTenant } from "../db/named-tenant";
import { organizationCode } from "../db/test-odoo";
import { instanceOf, TestTenant } from "../db/test-tenant";
import { callTool } from "../mcp/mcp-call";
import { type ListedGateway, startListedGateway } from "./listed-gateway";
import { rowsOfOrganization } from "./rows-of-organization";

jest.setTimeout(900_000);

type Named = Readonly<Record<string, RpcValue>>;
type Fields = Readonly<
  Record<string, { type: string; relation?: string; readonly?: boolean }>
>;

/** What somebody may have heard or guessed of an organization. */
interface Rumour {
  /** What names there begin with. */
  readonly word: string;
  /** A record's number, by model. */
  readonly number: (model: string) => number;
  /** A record's external_ref, or its key. */
  readonly ref: string;
}

interface Caller {
  readonly uid: number;
  readonly key: string;
}

interface Method {
  readonly model: string;
  readonly name: string;
  readonly parameters: readonly string[];
  readonly takesIds: boolean;
  readonly fields: Fields;
}

const FOREIGN = "zebra";
/** No organization has anything of that name, nor these numbers. */
const ABSENT: Rumour = {
  word: "yonder",
  number: () => 2_000_000_000,
  ref: randomUUID(),
};
const INSTANCE = "vworkspace.application.instance";
/** What records of some model need, besides what names another record. */
const NEEDED: Named = {
  ...{ type: "Backup", engine: "velero", cron: "0 2 * * *" },
  ...{ template: "clone", parameters_json: '{"namespace":"other"}' },
  ...{ chart_url: "oci://charts.example.com/apps", chart_name: "app" },
  ...{ recommended_version: "1.0.0", role: "reader" },
};
const TABLES: Readonly<Record<string, string>> = {
  "vworkspace.organization": "organizations",
  "vworkspace.event": "events",
  "vworkspace.audit.entry": "audit_queue",
  "vworkspace.catalog.entry": "catalog_entries",
  "vworkspace.policy": "policies",
  "res.users": "users",
  "vworkspace.user.identity": "user_identities",
};

const docSchema = z.object({
  methods: z.record(
    z.string(),
    z.object({
      parameters: z.record(z.string(), z.unknown()),
      api: z.array(z.string()),
    }),
  ),
});

describe("Somebody of one organization who has heard of another's records", () => {
  let gateway: ListedGateway;
  let own: TestTenant;
  let foreign: TestTenant;
  let known: Rumour;

  beforeAll(async () => {
    gateway = await startListedGateway();
    own = await TestTenant.make(gateway);
    await own.allow();
    const made = await makeNamedTenant(gateway, FOREIGN);
    foreign = made.tenant;
    known = await populate(gateway, foreign, made.clusterId);
  });
  afterAll(() => gateway?.stop());

  async function callerOf(role: Role): Promise<Caller> {
    const login = `${role}-${randomUUID()}@example.com`;
    const users = gateway.get(UserService);
    const code = await organizationCode(gateway, own);
    const { key } = await users.add({ login, role, organizationCode: code });
    const actor = await users.authenticate(login, key);
    if (!actor) throw new Error(`${login} can't sign in.`);
    return { uid: actor.number, key };
  }

  async function ask(
    path: string,
    { key }: Caller,
    body?: string,
    contentType = "application/json",
  ): Promise<string> {
    const response = await fetch(`${gateway.url}${path}`, {
      method: body === undefined ? "GET" : "POST",
      headers: {
        authorization: `Bearer ${key}`,
        ...(body !== undefined && { "content-type": contentType }),
      },
      ...(body !== undefined && { body }),
    });
    return response.text();
  }

  const json2 = (
    caller: Caller,
    { model, name }: Pick<Method, "model" | "name">,
    named: Named,
    ids?: readonly number[],
  ) =>
    ask(
      `/json/2/${model}/${name}`,
      caller,
      JSON.stringify({ ...named, ...(ids && { ids }) }),
    );

  /** The same call by each protocol, as it is answered. */
  const skins: Readonly<
    Record<
      string,
      (
        caller: Caller,
        method: Pick<Method, "model" | "name">,
        named: Named,
        ids?: readonly number[],
      ) => Promise<string>
    >
  > = {
    "JSON-2": json2,
    "JSON-RPC": (caller, { model, name }, named, ids) =>
      ask(
        "/jsonrpc",
        caller,
        encodeJsonRpcCall(1, {
          service: "object",
          method: "execute_kw",
          args: executeKw(caller, [model, name], named, ids),
        }),
      ),
    "XML-RPC": (caller, { model, name }, named, ids) =>
      ask(
        "/xmlrpc/2/object",
        caller,
        encodeMethodCall(
          "execute_kw",
          executeKw(caller, [model, name], named, ids),
        ),
        "text/xml",
      ),
  };

  /** Every method that the key may call, as the gateway itself documents it. */
  async function methodsOf(caller: Caller): Promise<readonly Method[]> {
    const search = { model: "ir.model", name: "search_read" };
    const models = JSON.parse(
      await json2(caller, search, { fields: ["model"] }),
    ) as { model: string }[];
    const found: Method[] = [];
    for (const { model } of models) {
      const text = await ask(`/doc-bearer/${model}.json`, caller);
      const doc = docSchema.safeParse(JSON.parse(text));
      // A model that the key may not call at all.
      if (!doc.success) continue;
      const described = { model, name: "fields_get" };
      const fields = JSON.parse(await json2(caller, described, {})) as Fields;
      for (const [name, method] of Object.entries(doc.data.methods))
        found.push({
          model,
          name,
          fields,
          parameters: Object.keys(method.parameters),
          takesIds: !method.api.includes("model"),
        });
    }
    return found;
  }

  // Before anything is made that is called as theirs.
  it("finds nothing by what he guesses of their fields, nor of what they refer to, over JSON-2 and MCP", async () => {
    const caller = await callerOf("admin");
    const methods = await methodsOf(caller);
    const searched = methods.filter(({ name }) => name === "search_count");
    const fieldsOf = new Map(
      searched.map(({ model, fields }) => [model, fields]),
    );
    let guesses = 0;
    for (const method of searched)
      for (const field of guessable(method.fields, fieldsOf)) {
        const domain = [[field, "like", FOREIGN]];
        guesses += 1;
        const told = await json2(caller, method, { domain });
        // Where a field is no text, that is what is said.
        expect([method.model, field, told]).toEqual([
          method.model,
          field,
          expect.stringMatching(/^(0$|\{"name")/) as string,
        ]);
        if (method.model === "ir.model" || told !== "0") continue;
        const tool = await callTool(gateway.url, caller.key, "count_records", {
          model: method.model,
          domain,
        });
        if (tool.refusal === undefined)
          expect([method.model, field, tool.answer?.["count"]]).toEqual([
            method.model,
            field,
            0,
          ]);
      }
    expect(guesses).toBeGreaterThan(100);
  });

  it.each(["JSON-2", "JSON-RPC", "XML-RPC"])(
    "is told by %s what he is told of records that aren't there, by every method, and changes nothing",
    async (protocol) => {
      const before = await rowsOfOrganization(gateway, foreign.organizationId);
      let calls = 0;
      for (const role of ["operator", "admin", "bridge"] as const) {
        const caller = await callerOf(role);
        for (const method of await methodsOf(caller)) {
          if (method.model === "ir.model") continue;
          const said = async (rumour: Rumour) => {
            calls += 1;
            const ids = method.takesIds
              ? [rumour.number(method.model)]
              : undefined;
            const named = argumentsOf(method, rumour);
            const text = await skins[protocol]?.(caller, method, named, ids);
            return neutral(text ?? "", rumour);
          };
          const { model, name } = method;
          expect([role, model, name, await said(known)]).toEqual([
            role,
            model,
            name,
            await said(ABSENT),
          ]);
        }
      }
      process.stdout.write(`${protocol}: ${calls} calls\n`);
      expect(await rowsOfOrganization(gateway, foreign.organizationId)).toEqual(
        before,
      );
    },
  );
});

function executeKw(
  { uid, key }: Caller,
  [model, method]: readonly [string, string],
  named: Named,
  ids: readonly number[] | undefined,
): RpcValue[] {
  return [
    "any",
    uid,
    key,
    model,
    method,
    ids === undefined ? [] : [[...ids]],
    { ...named },
  ];
}

/** Without what the caller said himself, and without what differs at each call. */
function neutral(text: string, { word, ref }: Rumour): string {
  return text
    .replaceAll(ref, "REF")
    .replaceAll(word, "WORD")
    .replaceAll(/\d+/g, "N");
}

/** Fields of a model, and of those that it refers to. */
function guessable(
  fields: Fields,
  fieldsOf: ReadonlyMap<string, Fields>,
): readonly string[] {
  return Object.entries(fields).flatMap(([name, { relation }]) => {
    const target = relation === undefined ? {} : (fieldsOf.get(relation) ?? {});
    const further = ["name", "code", "login", "external_ref", "values_json"];
    return [
      name,
      ...further.filter((one) => one in target).map((one) => `${name}.${one}`),
    ];
  });
}

function argumentsOf(
  { model, parameters, fields }: Method,
  rumour: Rumour,
): Named {
  const domain = [["id", "=", rumour.number(model)]];
  const values = valuesOf(fields, rumour);
  const texts = { external_ref: rumour.ref, intent_version: 1 };
  const upserted = {
    ...values,
    ...texts,
    cluster_id: `${rumour.word}-cluster`,
  };
  const all: Named = {
    ...{ domain, groupby: [], name: "", reason: "x", code: "x-x-x-x" },
    ...{
      vals: values,
      values,
      vals_list: [
        parameters.length === 1 && "external_ref" in fields ? upserted : values,
      ],
    },
    ...{ model: INSTANCE, external_refs: [rumour.ref], ...texts },
    ...{ id: rumour.number(INSTANCE), digests: {}, key_thumbprint: "" },
  };
  return Object.fromEntries(
    parameters.flatMap((name) =>
      all[name] === undefined ? [] : [[name, all[name]]],
    ),
  );
}

/** A record that refers to the rumoured ones and is called as they are. */
function valuesOf(fields: Fields, { word, number, ref }: Rumour): Named {
  const named: Named = {
    ...{ name: `${word}-shop`, namespace: `${word}-space` },
    ...{ code: `${word}-app`, catalog_code: `${word}-app` },
    ...{ login: `${word}@example.com`, external_ref: ref, ...NEEDED },
  };
  const values: Record<string, RpcValue> = {};
  for (const [name, field] of Object.entries(fields)) {
    if (field.readonly) continue;
    if (field.relation !== undefined) values[name] = number(field.relation);
    else if (named[name] !== undefined) values[name] = named[name];
  }
  return values;
}

/** Records of every kind, called by the word. */
async function populate(
  gateway: ListedGateway,
  tenant: TestTenant,
  clusterId: string,
): Promise<Rumour> {
  const { actor, organizationId } = tenant;
  const ref = randomUUID();
  await tenant.signIn();
  await tenant.in(async (stores) => {
    const instanceId = await gateway.get(InstanceService).create(
      stores,
      actor,
      instanceOf(clusterId, {
        name: `${FOREIGN}-shop`,
        namespace: `${FOREIGN}-space`,
        catalogCode: `${FOREIGN}-app`,
        external_ref: ref,
        intent_version: 1,
      }),
    );
    const wanted = { instanceId, type: "Backup", engine: "velero" } as const;
    await gateway.get(OperationService).create(stores, actor, wanted);
    const nightly = { ...wanted, cron: "0 2 * * *" };
    await gateway.get(ScheduleService).create(stores, actor, nightly);
    await gateway.get(OdooDatabaseService).create(stores, actor, FOREIGN);
  });
  const numbers = new Map<string, number>();
  for (const {
    model: { name: model },
  } of gateway.get(ModelRegistry).models) {
    if (model === "ir.model") continue;
    const table =
      TABLES[model] ??
      `${model.replace("vworkspace.", "").replaceAll(".", "_")}s`;
    const column = table === "organizations" ? "id" : "organization_id";
    const [row] = await gateway.look<{ number: number }>(
      `select number from ${table} where ${column} = $1 order by number limit 1`,
      [organizationId],
    );
    if (row) numbers.set(model, row.number);
  }
  const number = (model: string) => numbers.get(model) ?? ABSENT.number(model);
  return { word: FOREIGN, number, ref };
}
