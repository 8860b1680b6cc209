import { bindDomain, parseDomain } from "@vworkspace/odoo-rpc";
import {
  compileCount,
  compileRead,
  compileSearch,
} from "../../../database/records/compile-query";
import type { OdooModel } from "../registry/odoo-model";
import { makeModels } from "./make-models";

const ORGANIZATION = "0190a1b2-0000-7000-8000-000000000001";
const models = makeModels(120);

function search(model: OdooModel, domain: unknown, rest = {}) {
  const bound = bindDomain(parseDomain(domain), model);
  return compileSearch(model, ORGANIZATION, {
    domain: bound,
    limit: 80,
    ...rest,
  });
}

describe("the SQL of the models", () => {
  it.each(Object.entries(models).filter(([name]) => name !== "irModel"))(
    "holds every row of %s to the organization, also in subqueries and joins",
    (_name, model) => {
      const relation = model.fields.find((field) => field.type === "many2one");
      const domain = relation ? [[`${relation.name}.name`, "ilike", "x"]] : [];
      const statements = [
        search(model, domain),
        compileCount(model, ORGANIZATION, { limit: 1 }),
        compileRead(model, ORGANIZATION, {
          fields: model.fields,
          numbers: [1],
        }),
      ];
      for (const { sql, values } of statements) {
        expect(values[0]).toBe(ORGANIZATION);
        for (const [alias] of sql.matchAll(/\br\d+\b(?=\.)/g))
          expect(sql).toContain(`${alias}.organization_id = $1::uuid`);
      }
    },
  );

  it("names the approval page of an operation under the public URL, once that is known", () => {
    let url = "";
    const { operation } = makeModels(120, () => url);
    const sql = () => operation.require("approval_url").sql("r0");
    expect(sql()).toContain("and false then");
    url = "https://gateway.example.com/o'hara";
    expect(sql()).toContain(
      "and true then 'https://gateway.example.com/o''hara/approvals/' || r0.number end",
    );
  });

  it("takes everything that a caller says as a parameter", () => {
    const nasty = "x' or '1'='1";
    const { sql, values } = search(
      models.job,
      [
        "|",
        ["cluster_id", "ilike", nasty],
        "!",
        ["state", "in", [nasty, false]],
      ],
      { offset: 7 },
    );
    expect(sql).not.toContain(nasty);
    expect(values).toEqual([ORGANIZATION, `%${nasty}%`, [nasty], 80, 7]);
  });

  it("compares one record by = and several by an array, so that an index keeps its order", () => {
    const clusters = (domain: unknown) => search(models.job, domain).sql;
    expect(clusters([["cluster_id", "=", 3]])).toContain(
      "cluster_id = (select",
    );
    expect(clusters([["cluster_id.code", "=", "a"]])).toContain(
      "cluster_id = (select",
    );
    expect(clusters([["cluster_id", "in", [3, 4]]])).toContain(
      "cluster_id = any(array(select",
    );
    expect(clusters([["cluster_id.name", "=", "a"]])).toContain(
      "cluster_id = any(array(select",
    );
  });

  it("compares a job's code as a uuid, and no other text at all", () => {
    const uuid = "0190a1b2-0000-7000-8000-00000000000a";
    const { sql, values } = search(models.job, [
      ["code", "in", [uuid, uuid.toUpperCase(), "x"]],
    ]);
    expect(sql).toContain("r1.id = any($2::uuid[])");
    expect(values[1]).toEqual([uuid]);
  });

  it("compares texts by code points, whatever collation the database has", () => {
    expect(search(models.cluster, [["name", "<", "b"]]).sql).toContain(
      'r1.name collate "C" < $2::text',
    );
  });

  it("asks nobody for records without an id", () => {
    const { sql } = search(models.job, [["id", "<", 5]], {
      order: [{ field: "id", direction: "desc", nulls: undefined }],
    });
    expect(sql).not.toContain("is null");
    expect(sql).toContain("order by r1.number desc, r1.number");
  });

  it("lists what grows newest first, and the rest by id", () => {
    for (const model of [models.job, models.event, models.auditEntry])
      expect(search(model, []).sql).toContain("order by r1.id desc");
    for (const model of [models.cluster, models.policy, models.users])
      expect(search(model, []).sql).toContain("order by r1.number");
  });

  it("leads to models that are there", () => {
    const all: readonly OdooModel[] = Object.values(models);
    for (const field of all.flatMap((model) => model.fields))
      if (field.type === "many2one")
        expect(all.map((model) => model as unknown)).toContain(
          field.target?.(),
        );
  });
});
