import type { RpcStruct, RpcValue } from "@vworkspace/odoo-rpc";
import {
  openTestDatabase,
  type TestDatabase,
} from "../../../../../../test/db/open-test-database";
import { TestTenant } from "../../../../../../test/db/test-tenant";
import { RecordStore } from "../../../database/records/record-store";
import { SqlRecordStore } from "../../../database/records/sql-record-store";
import { MutationService } from "../../../intent/mutations/mutation.service";
import { EventService } from "../../../observed/events/event.service";
import type { UserActor } from "../../../trust/identity/domain/actor";
import { makeRegistry } from "../models/make-registry";
import type { ModelRegistry } from "../registry/model-registry";
import { ReadMethods } from "./read.methods";
import { WriteMethods } from "./write.methods";

const INSTANCE = "vworkspace.application.instance";
const EVENT = "vworkspace.event";
const CATALOG = "vworkspace.catalog.entry";

describe("methods that read", () => {
  let db: TestDatabase;
  let registry: ModelRegistry;
  let tenant: TestTenant;
  let stranger: TestTenant;
  /** Codes and numbers of the two clusters: three instances on the first, one on the second. */
  let clusters: readonly { readonly code: string; readonly number: number }[];

  beforeAll(async () => {
    db = await openTestDatabase();
    db.bindings.bind(RecordStore, SqlRecordStore);
    registry = makeRegistry(
      { disconnectAfterSeconds: 120, publicUrl: () => "" },
      new ReadMethods(db.unitOfWork),
      new WriteMethods(db.get(MutationService)),
      {
        organization: {},
        cluster: {},
        catalogEntry: {},
        policy: {},
        applicationInstance: {},
        operation: {},
        operationSchedule: {},
        operationSequence: {},
        apiKey: {},
        userSession: {},
        users: {},
        odooDatabase: {},
      },
    );
    tenant = await TestTenant.make(db);
    stranger = await TestTenant.make(db);
    clusters = await fill(tenant, ["a", "b", "c"], ["d"]);
    await fill(stranger, ["a", "e"], []);
  });
  afterAll(() => db.stop());

  async function fill(
    owner: TestTenant,
    ...names: readonly (readonly string[])[]
  ) {
    await owner.allow();
    const made = [];
    for (const of of names) {
      const cluster = await owner.cluster();
      for (const name of of)
        await owner.createInstance(cluster.id, {
          name,
          suspended: name === "b",
        });
      const [row] = await db.look<{ number: number }>(
        "select number from clusters where id = $1",
        [cluster.id],
      );
      const events = [
        "2026-01-31T12:00:00Z",
        "2026-01-31T23:30:00Z",
        "2026-02-01T00:30:00Z",
      ].map((timestamp, index) => ({
        kind: "ConditionTransition",
        eventKey: `${cluster.code}-${index}`,
        resourceRef: { kind: "ApplicationInstance", name: of[0] ?? "none" },
        timestamp,
      }));
      await db.get(EventService).ingest(cluster.principal, events);
      made.push({ code: cluster.code, number: row?.number ?? 0 });
    }
    return made;
  }

  function call(
    model: string,
    method: string,
    keywords: RpcStruct = {},
    {
      actor = tenant.actor,
      wire = "json",
    }: { actor?: UserActor; wire?: "xml" | "json" } = {},
  ): Promise<RpcValue | undefined> {
    const named = { model, method, positional: [], keywords, wire };
    return registry.call(actor, named);
  }

  const groups = async (
    model: string,
    keywords: RpcStruct,
  ): Promise<readonly RpcStruct[]> =>
    (await call(model, "read_group", keywords)) as readonly RpcStruct[];

  describe("read_group", () => {
    it("counts lazily by its first term, and says what is left", async () => {
      const groupby = ["cluster_id", "suspended"];
      const [first, second] = clusters;
      const found = await groups(INSTANCE, {
        groupby,
        orderby: "__count desc",
      });
      expect(found).toEqual([
        {
          cluster_id: [first?.number, first?.code],
          cluster_id_count: 3,
          __count: 3,
          __domain: [["cluster_id", "=", first?.number]],
          __context: { group_by: ["suspended"] },
        },
        {
          cluster_id: [second?.number, second?.code],
          cluster_id_count: 1,
          __count: 1,
          __domain: [["cluster_id", "=", second?.number]],
          __context: { group_by: ["suspended"] },
        },
      ]);
    });

    it("counts by all of its terms at once where it isn't lazy, and the domain of each group finds it again", async () => {
      const domain = [["name", "!=", "c"]];
      const found = await groups(INSTANCE, {
        domain,
        groupby: ["suspended", "state"],
        lazy: false,
      });
      expect(found).toEqual([
        {
          suspended: false,
          state: expect.any(String) as string,
          __count: 2,
          __domain: [
            ["suspended", "=", false],
            ["state", "=", expect.any(String)],
            ["name", "!=", "c"],
          ],
        },
        expect.objectContaining({ suspended: true, __count: 1 }),
      ]);
      for (const group of found)
        expect(
          await call(INSTANCE, "search_count", {
            domain: group["__domain"] ?? [],
          }),
        ).toBe(group["__count"]);
    });

    it.each<readonly [string, string, readonly (readonly [string, number])[]]>([
      [
        "day",
        "UTC",
        [
          ["31 Jan 2026", 4],
          ["01 Feb 2026", 2],
        ],
      ],
      [
        "day",
        "Europe/Vienna",
        [
          ["31 Jan 2026", 2],
          ["01 Feb 2026", 4],
        ],
      ],
      ["month", "America/New_York", [["January 2026", 6]]],
    ])(
      "counts moments by their %s in %s, with the range of each",
      async (span, tz, expected) => {
        const spec = `timestamp:${span}`;
        const found = await groups(EVENT, { groupby: spec, context: { tz } });
        expect(found.map((group) => [group[spec], group["__count"]])).toEqual(
          expected,
        );
        for (const group of found) {
          expect(
            await call(EVENT, "search_count", {
              domain: group["__domain"] ?? [],
            }),
          ).toBe(group["__count"]);
          const { from } = (group["__range"] as Record<string, RpcStruct>)[
            spec
          ] as { from: string };
          expect(group["__domain"]).toContainEqual(["timestamp", ">=", from]);
        }
      },
    );

    it("counts everything where nothing is grouped by, nothing included", async () => {
      const all = { __count: 4, __domain: [] };
      expect(await groups(INSTANCE, { groupby: [] })).toEqual([all]);
      const domain = [["name", "=", "nobody's"]];
      expect(await groups(INSTANCE, { domain, groupby: [] })).toEqual([
        { __count: 0, __domain: domain },
      ]);
      expect(await groups(INSTANCE, { domain, groupby: ["state"] })).toEqual(
        [],
      );
    });

    it("puts records without a value into a group of their own", async () => {
      const [unset] = await groups(INSTANCE, { groupby: "external_ref" });
      expect(unset).toMatchObject({
        external_ref: false,
        external_ref_count: 4,
      });
      expect(unset?.["__domain"]).toEqual([["external_ref", "=", false]]);
    });

    it("pages through its groups in one order", async () => {
      const page = async (offset: number) =>
        (await groups(INSTANCE, { groupby: "name", limit: 2, offset })).map(
          (group) => group["name"],
        );
      expect(await page(0)).toEqual(["a", "b"]);
      expect(await page(2)).toEqual(["c", "d"]);
    });

    it("groups the models themselves, too", async () => {
      const found = await groups("ir.model", {
        domain: [["model", "=", "res.users"]],
        groupby: "model",
      });
      expect(found).toMatchObject([{ model: "res.users", __count: 1 }]);
    });

    it("gives XML-RPC nothing that it can't carry", async () => {
      const keywords = {
        groupby: "state",
        domain: [["external_ref", "=", null]],
      };
      const found = await call(INSTANCE, "read_group", keywords, {
        wire: "xml",
      });
      expect(JSON.stringify(found)).not.toContain("null");
    });

    it.each<readonly [string, RpcStruct, string]>([
      [
        "an unknown field",
        { groupby: "moon" },
        "groupby: vworkspace.application.instance has no field moon; fields_get lists those that exist.",
      ],
      [
        "a field that has too many values",
        { groupby: "generation" },
        "groupby: generation is of type integer; records are grouped by a text, a selection, a boolean, a many2one, or a datetime's day or month.",
      ],
      [
        "a span of what is no moment",
        { groupby: "state:day" },
        'groupby: state is of type selection, which has no day; leave ":day" out.',
      ],
      [
        "sums",
        { groupby: "state", fields: ["generation:sum"] },
        'fields: "generation:sum" can\'t be had from read_group, which counts records only; leave it out.',
      ],
      [
        "numbers, which Odoo would add up",
        { groupby: "state", fields: ["generation"] },
        'fields: "generation" can\'t be had from read_group, which counts records only; leave it out.',
      ],
      [
        "an unknown time zone",
        { groupby: "last_backup_at:day", context: { tz: "Moon/Base" } },
        'context: tz is "Moon/Base", which is no time zone; give one such as "Europe/Vienna".',
      ],
    ])("refuses %s by name", async (_what, keywords, sentence) => {
      await expect(call(INSTANCE, "read_group", keywords)).rejects.toThrow(
        sentence,
      );
    });
  });

  describe("name_search", () => {
    it("finds records by a part of their name, whatever its case, with the domain's own condition", async () => {
      const names = async (keywords: RpcStruct) =>
        (
          (await call(INSTANCE, "name_search", keywords)) as [number, string][]
        ).map(([, name]) => name);
      expect(await names({})).toEqual(["a", "b", "c", "d"]);
      expect(await names({ name: "B" })).toEqual(["b"]);
      expect(await names({ name: "B", operator: "=" })).toEqual([]);
      expect(await names({ name: "b", operator: "!=" })).toEqual([
        "a",
        "c",
        "d",
      ]);
      expect(
        await names({ name: "", domain: [["suspended", "=", true]] }),
      ).toEqual(["b"]);
      expect(await names({ limit: 2 })).toEqual(["a", "b"]);
      expect(await names({ name: false, limit: false })).toHaveLength(4);
      await expect(names({ name: 5 })).rejects.toThrow("name must be a text.");
    });

    it("finds the models themselves, too", async () => {
      expect(await call("ir.model", "name_search", { name: "clust" })).toEqual([
        [expect.any(Number), "Cluster"],
      ]);
    });
  });

  it("see no other organization's records by any of them", async () => {
    const names = await call(INSTANCE, "name_search", { name: "e" });
    expect(names).toEqual([]);
    const asStranger = { actor: stranger.actor };
    expect(
      await call(INSTANCE, "read_group", { groupby: [] }, asStranger),
    ).toEqual([{ __count: 2, __domain: [] }]);
  });

  describe("leave out what is inactive", () => {
    const count = async (keywords: RpcStruct) =>
      (await call(CATALOG, "search_count", keywords)) as number;

    beforeAll(() =>
      db.look(
        `insert into catalog_entries (organization_id, id, code, name, chart_source_type, chart_url, chart_name, active)
         select organization_id, gen_random_uuid(), 'old', 'Old', chart_source_type, chart_url, chart_name, false
         from catalog_entries where organization_id = $1`,
        [tenant.organizationId],
      ),
    );

    it("unless the context says otherwise", async () => {
      expect(await count({})).toBe(1);
      expect(await count({ context: { active_test: true } })).toBe(1);
      expect(await count({ context: { active_test: false } })).toBe(2);
      const context = { active_test: false };
      expect(await call(CATALOG, "name_search", { context })).toHaveLength(2);
      expect(await call(CATALOG, "name_search")).toHaveLength(1);
    });

    it("unless the domain speaks of it itself", async () => {
      expect(await count({ domain: [["active", "=", false]] })).toBe(1);
      expect(await count({ domain: [["active", "in", [true, false]]] })).toBe(
        2,
      );
      expect(await count({ domain: [["name", "=", "Old"]] })).toBe(0);
    });

    it("but read what is named by its id", async () => {
      const [id] = (await call(CATALOG, "search", {
        domain: [["active", "=", false]],
      })) as number[];
      expect(
        await call(CATALOG, "read", { ids: [id ?? 0], fields: ["name"] }),
      ).toEqual([{ id, name: "Old" }]);
    });
  });
});
