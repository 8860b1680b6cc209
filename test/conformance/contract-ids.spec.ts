import { readdirSync, readFileSync } from "node:fs";
import { join } from "node:path";

const ID = /[A-Z]{3,4}-\d+/g;
/** A statement of the document: `- **REG-1** …`, with a mark where no suite can show it. */
const STATEMENT = /^- \*\*([A-Z]{3,4}-\d+)\*\*( \((?:agent|inside)\))?/gm;
/** A title of a suite: a string that begins with one id or more. */
const TITLE = /["'`]((?:[A-Z]{3,4}-\d+ )+)[^"'`]/g;

const document = readFileSync(
  join(__dirname, "../../docs/contract/agent-v1.md"),
  "utf8",
);
const statements = [...document.matchAll(STATEMENT)].map(
  ([, id = "", mark]) => ({
    id,
    isTestable: mark === undefined,
  }),
);

const titles = readdirSync(__dirname)
  .filter((file) => file.endsWith(".suite.ts"))
  .flatMap((file) => [
    ...readFileSync(join(__dirname, file), "utf8").matchAll(TITLE),
  ])
  .flatMap(([, ids = ""]) => ids.match(ID) ?? []);

describe("the agent contract and its conformance suite", () => {
  it("find statements and titles at all", () => {
    expect(statements.length).toBeGreaterThan(80);
    expect(titles.length).toBeGreaterThan(80);
  });

  it("give each statement an id of its own, numbered without gaps", () => {
    const numbers = new Map<string, number[]>();
    for (const { id } of statements) {
      const [family = "", number] = id.split("-");
      numbers.set(family, [...(numbers.get(family) ?? []), Number(number)]);
    }
    for (const [family, found] of numbers)
      expect([family, found]).toEqual([family, found.map((_, at) => at + 1)]);
  });

  it("every id in a title stands in the document", () => {
    const known = new Set(statements.map(({ id }) => id));
    expect(titles.filter((id) => !known.has(id))).toEqual([]);
  });

  it("every statement that can be seen over HTTP has a test", () => {
    const tested = new Set(titles);
    const missing = statements
      .filter(({ id, isTestable }) => isTestable && !tested.has(id))
      .map(({ id }) => id);
    expect(missing).toEqual([]);
  });

  it("no statement that is marked as untestable has one", () => {
    const marked = statements.filter(({ isTestable }) => !isTestable);
    const tested = new Set(titles);
    expect(marked.filter(({ id }) => tested.has(id))).toEqual([]);
  });
});
