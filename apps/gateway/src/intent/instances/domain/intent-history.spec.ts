import { type FormerIntent, formerIntent } from "./intent-history";

function intent(generation: number, chart_version: string): FormerIntent {
  return {
    generation,
    chart_version,
    catalog_entry_id: "e1",
    values_json: "{}",
    values_secret_ref: null,
    integrations: {},
  };
}

describe("What an instance goes back to", () => {
  // 1.0.0 held until generation 2, 1.1.0 until 5, and 1.2.0 holds now.
  const history = [intent(5, "1.1.0"), intent(2, "1.0.0")];
  const now = intent(7, "1.2.0");

  it.each([
    ["what held before the last change", undefined, "1.1.0"],
    ["what held at its first generation", 1, "1.0.0"],
    ["what was replaced at that generation", 2, "1.0.0"],
    ["what held between two changes", 3, "1.1.0"],
    ["nothing, where that still holds", 6, undefined],
  ])("is %s", (_, generation, version) => {
    expect(formerIntent(now, history, generation)?.chart_version).toBe(version);
  });

  it("is nothing where there was no change", () => {
    expect(formerIntent(now, [])).toBe(undefined);
  });

  it("is another application than the present one", () => {
    const back = [intent(8, "1.2.0"), ...history];
    expect(formerIntent(intent(9, "1.2.0"), back)?.chart_version).toBe("1.1.0");
  });
});
