import type { RpcStruct } from "@vworkspace/odoo-rpc";
import { boolean, char, integer, json } from "./model-field";
import { OdooModel } from "./odoo-model";
import { readValues } from "./read-values";

const model = new OdooModel({
  name: "test.thing",
  label: "Thing",
  displayField: "name",
  from: "things",
  fields: [
    char("name", "Name", { isRequired: true, writable: "always" }),
    char("note", "Note", { writable: "always" }),
    char("ref", "Reference", { writable: "always", isNullable: true }),
    integer("most", "Most", { writable: "always", isNullable: true }),
    boolean("on", "On", { writable: "always" }),
    json("list", "List", { shape: "texts", writable: "always" }),
    json("schema", "Schema", { writable: "always", isNullable: true }),
    json("values", "Values", { writable: "always", textTwin: "values_json" }),
  ],
});

const written = (values: RpcStruct, wire: "xml" | "json" = "json") =>
  readValues(model, values, { isCreate: false, wire });

describe("readValues", () => {
  it("takes false and nil for not set, or for the type's own emptiness", () => {
    for (const none of [false, null])
      expect(
        written({
          note: none,
          ref: none,
          most: none,
          on: none,
          list: none,
          schema: none,
        }),
      ).toEqual({
        note: "",
        ref: null,
        most: null,
        on: false,
        list: [],
        schema: null,
      });
  });

  it("takes a struct or list also as its JSON text", () => {
    expect(written({ list: '["a"]', schema: '{"type":"object"}' })).toEqual({
      list: ["a"],
      schema: { type: "object" },
    });
    expect(() => written({ list: '"a"' })).toThrow(
      "list is a text: give a list of texts",
    );
  });

  it("says of commands that no field here takes any", () => {
    for (const commands of [[[6, 0, [1, 2]]], [[4, 7]], [[5]]])
      expect(() => written({ list: commands })).toThrow(
        /^list is a list of commands such as .* no model here has/,
      );
    expect(written({ list: [] })).toEqual({ list: [] });
  });

  it("wants required fields at create, and never empty", () => {
    const create = (values: RpcStruct) =>
      readValues(model, values, { isCreate: true, wire: "json" });
    expect(() => create({})).toThrow("name is missing; it is required.");
    expect(() => create({ name: false })).toThrow(
      "name is empty; it is required.",
    );
    expect(() => written({ name: "" })).toThrow(
      "name is empty; it is required.",
    );
    expect(create({ name: "x" })).toEqual({ name: "x" });
  });

  it("refuses numbers that JSON doesn't have, and characters that XML doesn't have", () => {
    expect(() => written({ values: { a: Infinity } })).toThrow(
      "values holds something that is no JSON",
    );
    expect(() => written({ name: "a\u0001" })).toThrow(
      "name holds a character that XML can't carry",
    );
    expect(() => written({ most: 2 ** 31 })).toThrow(
      "most is 2147483648: give a whole number",
    );
  });

  it("refuses JSON text that is nested deeper than a body may be", () => {
    const text = `{"a":${"[".repeat(5000)}${"]".repeat(5000)}}`;
    expect(() => written({ values: text })).toThrow(
      "values is a text that is no JSON of at most 64 levels",
    );
  });

  it("takes from JSON what it refuses from XML-RPC, where it may have been changed on its way", () => {
    const values = { a: null, big: 2 ** 40 };
    expect(written({ values })).toEqual({ values });
    expect(() => written({ values }, "xml")).toThrow(
      /^XML-RPC can't carry this struct: values\.a/,
    );
    expect(() => written({ values: { big: 2 ** 40 } }, "xml")).toThrow(
      /values\.big: .* values_json/,
    );
  });

  it("quotes nothing of free-form content", () => {
    for (const wrong of [["hunter2"], "hunter2", '"hunter2"'])
      expect(() => written({ values: wrong })).toThrow(
        expect.objectContaining({
          message: expect.not.stringContaining("hunter2") as string,
        }) as Error,
      );
  });
});
