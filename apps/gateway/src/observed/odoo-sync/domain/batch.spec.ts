import { composeBatch } from "./batch";
import type { OutboxRow } from "./outbox-store";
import type { SyncedModel } from "./synced-model";

const row = (
  model: SyncedModel,
  recordId: string,
  sequence = 1,
): OutboxRow => ({ model, recordId, sequence });

describe("a batch", () => {
  it("has the newest values of each record under the row's sequence", () => {
    const rows = [row("vworkspace.cluster", "c", 9_000_000_000)];
    const values = { name: "C", external_ref: "ref" };
    const { items, sent, gone } = composeBatch(rows, new Map([["c", values]]));
    expect(items).toEqual([
      {
        model: "vworkspace.cluster",
        key: "c",
        external_ref: "ref",
        sequence: "9000000000",
        values,
        deleted: false,
      },
    ]);
    expect(sent).toEqual(rows);
    expect(gone).toEqual([]);
  });

  it("says that an entry of the catalog is gone, and keeps silent of history that is", () => {
    const entry = row("vworkspace.catalog.entry", "e");
    const job = row("vworkspace.job", "j");
    const { items, sent, gone } = composeBatch([entry, job], new Map());
    expect(items).toMatchObject([{ key: "e", deleted: true, values: {} }]);
    expect(sent).toEqual([entry]);
    expect(gone).toEqual([job]);
  });

  it("ends before it becomes too large, and has one record whatever its size", () => {
    const large = { values_json: "x".repeat(3 * 1024 * 1024) };
    const rows = ["a", "b"].map((id) =>
      row("vworkspace.application.instance", id),
    );
    const truth = new Map(rows.map(({ recordId }) => [recordId, large]));
    expect(composeBatch(rows, truth).sent).toEqual(rows.slice(0, 1));
    const huge = { values_json: "x".repeat(9 * 1024 * 1024) };
    const one = composeBatch(rows.slice(0, 1), new Map([["a", huge]]));
    expect(one.items).toHaveLength(1);
  });
});
