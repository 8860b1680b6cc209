import { readAnswer } from "./batch-answer";
import type { OutboxRow } from "./outbox-store";

const rows: readonly OutboxRow[] = ["a", "b", "c", "d", "e"].map(
  (recordId, index) => ({
    model: "vworkspace.cluster",
    recordId,
    sequence: index + 1,
  }),
);

describe("the answer to a batch", () => {
  it("tells what becomes of each record; one that it doesn't name waits", () => {
    const results = [
      { key: "a", status: "applied" },
      { key: "b", status: "stale" },
      { key: "c", status: "parked", error: "no\u0000" },
      { key: "d", status: "refused" },
      { key: "x", status: "applied" },
    ];
    const known_sequence = "9000000000";
    expect(readAnswer({ results, known_sequence }, rows)).toEqual({
      told: rows.slice(0, 2),
      held: [
        { ...rows[2], status: "parked", problem: "no" },
        { ...rows[3], status: "refused", problem: "" },
      ],
      knownSequence: 9_000_000_000,
    });
  });

  it("is empty for an empty batch", () => {
    expect(readAnswer({ results: [], known_sequence: "0" }, [])).toEqual({
      told: [],
      held: [],
      knownSequence: 0,
    });
  });

  it.each([
    [null, "results is no list"],
    ["text", "results is no list"],
    [{ results: {} }, "results is no list"],
    [{ results: [] }, "known_sequence"],
    [{ results: [], known_sequence: "1e9" }, "known_sequence"],
    [{ results: [], known_sequence: "1" }, "no result for any"],
    [
      { results: [{ key: "a", status: "done" }], known_sequence: "1" },
      "no result for any",
    ],
  ])("%j is none", (answer, why) => {
    expect(() => readAnswer(answer, rows)).toThrow(
      expect.objectContaining({
        code: "unavailable",
        message: expect.stringContaining(why) as string,
      }) as Error,
    );
  });
});
