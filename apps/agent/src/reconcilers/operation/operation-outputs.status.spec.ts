import { LIMITS } from "@vworkspace/contract";
import { mergedOutputs } from "./operation-outputs.status";

const text = (characters: number) => "x".repeat(characters);
const length = (outputs: object) => JSON.stringify(outputs).length;

describe("The outputs of an operation", () => {
  it("add up, and the newest of a name counts", () => {
    expect(mergedOutputs(undefined, { a: 1 })).toEqual({ a: 1 });
    expect(mergedOutputs({ a: 1, b: 1 }, { b: 2, c: null })).toEqual({
      a: 1,
      b: 2,
      c: null,
    });
  });

  it("are whole up to the last character that there is room for", () => {
    const most = LIMITS.outputsCharacters;
    const outputs = { log: text(most - length({ log: "" })) };
    expect(length(outputs)).toBe(most);
    expect(mergedOutputs(undefined, outputs)).toEqual(outputs);
    expect(mergedOutputs(undefined, { log: `${outputs.log}x` })).toEqual({
      outputsTruncated: ["log"],
    });
  });

  it("lose the largest where they have no room, say which, and keep the others", () => {
    const told = { name: "op-1", log: text(9000), list: text(8000), code: 3 };
    expect(mergedOutputs({ before: true }, told)).toEqual({
      before: true,
      name: "op-1",
      list: told.list,
      code: 3,
      outputsTruncated: ["log"],
    });
    expect(
      mergedOutputs({}, { ...told, list: text(17_000), log: text(17_000) }),
    ).toEqual({ name: "op-1", code: 3, outputsTruncated: ["list", "log"] });
  });

  it("still say what is left out when something else is told, until it is told in fewer words", () => {
    const cut = mergedOutputs({}, { log: text(17_000) });
    const later = mergedOutputs(cut, { code: 0 });
    expect(later).toEqual({ code: 0, outputsTruncated: ["log"] });
    expect(mergedOutputs(later, { log: "done" })).toEqual({
      code: 0,
      log: "done",
    });
  });

  it("never stand beside an older value that was told anew and has no room", () => {
    expect(mergedOutputs({ log: "short" }, { log: text(17_000) })).toEqual({
      outputsTruncated: ["log"],
    });
  });

  it("have room for the names of what is left out, however many they are", () => {
    const many = Object.fromEntries(
      Array.from({ length: 300 }, (_, at) => [`${text(100)}${at}`, text(1000)]),
    );
    const kept = mergedOutputs({}, many);
    expect(length(kept)).toBeLessThanOrEqual(LIMITS.outputsCharacters);
    expect(kept["outputsTruncated"]).toHaveLength(20);
  });
});
