import type { RpcValue } from "@vworkspace/odoo-rpc";
import { eventually } from "../cluster/eventually";
import { guessedPaths } from "./guessed-paths";
import { missingRig } from "./odoo-rig";
import { type About, plausibleArguments } from "./plausible-arguments";
import {
  json2Caller,
  peekCaller,
  type RemoteCall,
  type RemoteCaller,
  xmlRpcCaller,
} from "./remote-callers";
import { FOREIGN, OWN, type RecordIds, TwoCompanies } from "./two-companies";

const missing = missingRig();
if (missing !== undefined) throw new Error(`No real Odoo: ${missing}.`);

/** Stands in no record, unless somebody has put it there. */
const FORGED = "forged-by-somebody";

type Context = Readonly<Record<string, RpcValue>>;

/** Keys that switch something off in Odoo, in the addon, or in somebody's hope. */
const TEMPTING: Context = {
  ...{ install_mode: true, tracking_disable: true, import_file: true },
  ...{ mail_create_nolog: true, mail_notrack: true, no_check: true },
  ...{ active_test: false, bypass: true, su: true, uid: 1, sudo: true },
  ...{ from_gateway: true, prefetch_fields: false, recompute: false },
  ...{ vworkspace_install_command: "x", vworkspace_expires_at: "x" },
  ...{ default_state: "ready", default_gateway_key: FORGED },
};
/** What a person's buttons change too, because he wants it and not because it is so. */
const WANTED = [
  ...["suspended", "is_removed", "intent_version", "active"],
  ...["decision", "decision_by_id", "decision_at", "decision_reason"],
];

/** Odoo's own methods by which records are read and written. */
const LIKELY = new Set([
  ...["read", "search", "search_read", "search_count", "search_fetch"],
  ...["name_search", "name_create", "read_group", "formatted_read_group"],
  ...["web_read", "web_search_read", "web_save", "web_read_group", "onchange"],
  ...["export_data", "load", "copy", "create", "write", "unlink"],
  ...["default_get", "get_metadata", "action_archive", "toggle_active"],
  ...["message_post", "message_subscribe", "activity_schedule"],
]);

describe("Two companies of one Odoo, paired with two organizations of one gateway", () => {
  let world: TwoCompanies;
  let foreign: RecordIds;

  beforeAll(async () => {
    world = await TwoCompanies.start();
    foreign = world.described.ids[FOREIGN] ?? {};
  }, 1_200_000);
  afterAll(() => world?.stop(), 300_000);

  /** What every public method of every model is called with, about some records. */
  function* everyCall(
    about: About,
    context: Context,
    isTried: (method: string, isOwn: boolean) => boolean = () => true,
  ): Generator<RemoteCall> {
    for (const [model, described] of Object.entries(world.described.methods)) {
      const known = plausibleArguments(model, described, about);
      for (const [method, of] of Object.entries(described.methods)) {
        if (!isTried(method, of.is_own)) continue;
        const asked = of.parameters.filter((name) => known[name] !== undefined);
        const named = Object.fromEntries(
          asked.map((name) => [name, known[name] ?? false]),
        );
        yield {
          model,
          method,
          ids: of.takes_ids ? (about.ids[model] ?? []) : undefined,
          named: { ...named, context: { ...context } },
        };
      }
    }
  }

  /** Calls that were answered with anything of the other company. */
  async function leaksOf(
    caller: RemoteCaller,
    calls: Iterable<RemoteCall>,
  ): Promise<readonly string[]> {
    const leaks: string[] = [];
    let count = 0;
    for (const call of calls) {
      const answer = await caller(call);
      count += 1;
      const at = answer.toLowerCase().indexOf(FOREIGN);
      if (at >= 0)
        leaks.push(
          `${call.model} ${call.method}: ${answer.slice(Math.max(0, at - 200), at + 60)}`,
        );
    }
    process.stdout.write(`${count} calls, ${leaks.length} of them told\n`);
    return leaks;
  }

  const callers: Readonly<
    Record<string, (name: string) => Promise<RemoteCaller>>
  > = {
    "XML-RPC": (name) => xmlRpcCaller(world.odoo, world.person(name)),
    "JSON-2": (name) => json2Caller(world.odoo, world.person(name)),
  };
  const contextOf = (word: string): Context => ({
    allowed_company_ids: [...world.ids(word, "res.company")],
  });

  it("have records of every kind, so that there is something to be seen", () => {
    const kinds = Object.entries(world.described.methods)
      .filter(([, { fields }]) => "id" in fields)
      .map(([model]) => model);
    const empty = kinds.filter((model) => foreign[model]?.length === 0);
    expect(empty).toEqual([]);
    for (const model of ["discuss.channel", "mail.message", "mail.activity"])
      expect([model, foreign[model]?.length]).not.toEqual([model, 0]);
  });

  describe.each(["XML-RPC", "JSON-2"])("over %s", (protocol) => {
    it("tell an operator of one nothing of the other, and let him do nothing there, by whatever method", async () => {
      const caller = await callers[protocol]?.(`${OWN}-operator`);
      if (!caller) throw new Error(protocol);
      const before = await world.everythingOf(FOREIGN);
      // All that Odoo itself has, once; what the addon has and what reads and writes, as whoever asks how.
      const isTried = protocol === "XML-RPC" ? undefined : isLikely;
      const about = { ids: foreign };
      const leaks = [
        ...(await leaksOf(caller, everyCall(about, {}, isTried))),
        ...(await leaksOf(
          caller,
          everyCall(about, contextOf(FOREIGN), isLikely),
        )),
      ];
      expect(leaks).toEqual([]);
      expect(await world.everythingOf(FOREIGN)).toEqual(before);
    }, 1_200_000);
  });

  it("tell an operator who guesses what records of the other hold what they tell of words that nobody has written", async () => {
    const caller = await callers["JSON-2"]?.(`${OWN}-operator`);
    if (!caller) throw new Error("JSON-2");
    const absent = "yonder";
    const asked = async (model: string, path: string, word: string) => {
      const domain = [[path, "ilike", word]];
      const named = { domain, context: contextOf(OWN) };
      const call = { model, method: "search_count", ids: undefined, named };
      return (await caller(call)).replaceAll(word, "WORD");
    };
    const told: string[] = [];
    let count = 0;
    for (const [model, path] of guessedPaths(world.described.methods)) {
      count += 1;
      const answer = await asked(model, path, FOREIGN);
      if (answer !== (await asked(model, path, absent)))
        told.push(`${model} ${path}: ${answer.slice(0, 200)}`);
    }
    process.stdout.write(`${count} guesses, ${told.length} of them told\n`);
    expect(told).toEqual([]);
    expect(count).toBeGreaterThan(100);
  }, 900_000);

  describe("beside their records", () => {
    const call = (
      model: string,
      method: string,
      ids: readonly number[] | undefined,
      named: Context = {},
    ): RemoteCall => ({ model, method, ids, named });

    it("read, write and join nothing of each other's messages, activities and channels", async () => {
      const caller = await callers["XML-RPC"]?.(`${OWN}-operator`);
      if (!caller) throw new Error("XML-RPC");
      const ids = (model: string) => world.ids(FOREIGN, model);
      const [instance = 0] = ids("vworkspace.application.instance");
      const me = [world.person(`${OWN}-operator`).partner];
      const about = { res_model: "vworkspace.application.instance" };
      const before = await world.everythingOf(FOREIGN);
      const leaks = await leaksOf(caller, [
        ...["mail.message", "mail.activity", "discuss.channel"].flatMap(
          (model) => [
            call(model, "read", ids(model)),
            call(model, "search_read", undefined, {
              domain: [["id", "in", [...ids(model)]]],
            }),
            call(model, "write", ids(model), { vals: { active: false } }),
            call(model, "unlink", ids(model)),
          ],
        ),
        call("mail.activity", "action_feedback", ids("mail.activity")),
        call("mail.message", "toggle_message_starred", ids("mail.message")),
        call("discuss.channel", "add_members", ids("discuss.channel"), {
          partner_ids: me,
        }),
        call("discuss.channel", "message_post", ids("discuss.channel"), {
          body: "x",
        }),
        call(
          "discuss.channel",
          "execute_command_vworkspace",
          ids("discuss.channel"),
          { body: "/vworkspace help" },
        ),
        call("discuss.channel.member", "create", undefined, {
          vals_list: [
            {
              channel_id: ids("discuss.channel")[0] ?? 0,
              partner_id: me[0] ?? 0,
            },
          ],
        }),
        call("mail.message", "create", undefined, {
          vals_list: [{ model: about.res_model, res_id: instance, body: "x" }],
        }),
        call("mail.followers", "create", undefined, {
          vals_list: [{ ...about, res_id: instance, partner_id: me[0] ?? 0 }],
        }),
        call("mail.activity", "create", undefined, {
          vals_list: [{ ...about, res_id: instance, summary: "x" }],
        }),
        call("ir.attachment", "create", undefined, {
          vals_list: [{ ...about, res_id: instance, name: "x" }],
        }),
      ]);
      expect(leaks).toEqual([]);
      expect(await world.everythingOf(FOREIGN)).toEqual(before);
    }, 300_000);

    it("are told by a command what they are told of names that nobody has", async () => {
      const caller = await callers["XML-RPC"]?.(`${OWN}-administrator`);
      if (!caller) throw new Error("XML-RPC");
      const [operation = ""] = (
        await world.rows(
          `select name from vworkspace_operation where id in (${world.ids(FOREIGN, "vworkspace.operation").join()})`,
        )
      ).split("\n");
      const channel = world.ids(OWN, "discuss.channel");
      const heard = async (words: string, name: string) => {
        const last = await world.rows("select max(id) from bus_bus");
        await caller(
          call("discuss.channel", "execute_command_vworkspace", channel, {
            body: `/vworkspace ${words} ${name}`,
          }),
        );
        const said = await world.rows(
          `select message from bus_bus where id > ${last} and message like '%transient_message%' order by id`,
        );
        return said.replaceAll(name, "NAME").replaceAll(/\d+/g, "N");
      };
      for (const [words, name] of [
        ["status", `${FOREIGN}-shop`],
        ["status", `${FOREIGN}-cluster/${FOREIGN}-space/${FOREIGN}-shop`],
        ["backup", `${FOREIGN}-shop`],
        ["approve", operation],
      ] as const) {
        const said = await heard(words, name);
        expect(said).toContain("NAME");
        const absent = name.replaceAll(/[a-z]+/g, "yonder");
        expect(said).toBe(await heard(words, absent));
      }
    }, 300_000);

    it("hear of each other's changes by no channel of the bus that they name", async () => {
      const [instance = 0] = world.ids(
        FOREIGN,
        "vworkspace.application.instance",
      );
      const [company = 0] = world.ids(FOREIGN, "res.company");
      const [discuss = 0] = world.ids(FOREIGN, "discuss.channel");
      const change = await callers["XML-RPC"]?.(`${FOREIGN}-operator`);
      await change?.(
        call("vworkspace.application.instance", "write", [instance], {
          vals: { values_json: '{"changed":1}' },
        }),
      );
      const channels = [
        `res.company_${company}`,
        `vworkspace.application.instance_${instance}`,
        `discuss.channel_${discuss}`,
        "vworkspace",
      ];
      const hear = async (name: string) => {
        const { login, password } = world.person(name);
        const peek = await peekCaller(world.odoo, { login, password });
        return updatesIn(await peek(channels));
      };
      await eventually("the own company hears of it", async () => {
        const heard = await hear(`${FOREIGN}-operator`);
        return heard.includes(instance);
      });
      expect(await hear(`${OWN}-operator`)).not.toContain(instance);
    }, 300_000);
  });

  it.each(["portal", `${OWN}-user`, `${OWN}-operator`])(
    "let %s write no truth of his own company, by whatever method and with whatever in the context",
    async (name) => {
      // Nothing is reported meanwhile: what changes somebody has written.
      await world.odoo.sql(
        world.odoo.database,
        "update ir_cron set active = false where id in (select res_id from ir_model_data where module = 'vworkspace' and name = 'cron_send')",
      );
      const caller = await callers["XML-RPC"]?.(name);
      if (!caller) throw new Error(name);
      const ids = world.described.ids[OWN] ?? {};
      const before = await world.truthOf(OWN, WANTED);
      const about = { ids, forged: FORGED };
      for (const call of everyCall(about, TEMPTING, isLikely))
        await caller(call);
      expect(await world.truthOf(OWN, WANTED)).toEqual(before);
      expect(before.join("\n")).toContain("awaiting_approval");
      const kept = Object.entries(world.described.methods)
        .filter(([, { observed }]) => observed.length > 0)
        .map(
          ([model]) =>
            `select count(*) as found from ${model.replaceAll(".", "_")} t where t::text like '%${FORGED}%'`,
        );
      // The mixins have no table.
      const tables = kept.filter((query) => !query.includes("_mixin"));
      expect(
        await world.rows(
          `select sum(found) from (${tables.join(" union all ")}) counts`,
        ),
      ).toBe("0");
    },
    900_000,
  );
});

function isLikely(method: string, isOwn: boolean): boolean {
  return isOwn || LIKELY.has(method);
}

/** Ids of applications that are said to have changed. */
function updatesIn(answer: string): readonly number[] {
  const { result } = JSON.parse(answer) as {
    result: {
      notifications: {
        message: { type: string; payload: Record<string, number[]> };
      }[];
    };
  };
  return result.notifications
    .filter(({ message }) => message.type === "vworkspace.updated")
    .flatMap(
      ({ message }) => message.payload["vworkspace.application.instance"] ?? [],
    );
}
