import { isOpen, JobBook } from "./job-book";

const LEASE = 1000;
const LIFETIME = 10_000;
const object = { apiVersion: "a/v1", kind: "Thing", namespace: "n", name: "x" };

describe("jobs of the fake gateway", () => {
  let book: JobBook;
  beforeEach(() => {
    book = new JobBook({ leaseMs: LEASE, lifetimeMs: LIFETIME });
  });

  const issue = (kind: "apply" | "delete", now = 0) =>
    book.issueObjectJob("c", kind, { object, payload: object }, now);
  const offered = (now: number) =>
    book.offer("c", now, false).map(({ id }) => id);

  it("an acked job comes back at the end of its lease and not before", () => {
    const { id } = issue("apply");
    book.ack("c", id, 0);
    expect(offered(LEASE - 1)).toEqual([]);
    expect(offered(LEASE)).toEqual([id]);
    expect(book.get(id)?.attempt).toBe(2);
  });

  it("an unacked job is closed at the end of its lifetime and not before", () => {
    const { id } = issue("apply");
    expect(offered(LIFETIME - 1)).toEqual([id]);
    expect(offered(LIFETIME)).toEqual([]);
    expect(book.get(id)).toMatchObject({ outcome: "noop", error: "expired" });
  });

  it("a delete whose lifetime is over lets what waits behind it go", () => {
    issue("delete");
    const { id } = issue("apply", LIFETIME - 1);
    expect(offered(LIFETIME - 1)).not.toContain(id);
    expect(offered(LIFETIME)).toEqual([id]);
  });

  it("says when time alone will next change something", () => {
    expect(book.nextChangeAt("c")).toBe(Infinity);
    const { id } = issue("apply");
    expect(book.nextChangeAt("c")).toBe(LIFETIME);
    book.ack("c", id, 5);
    expect(book.nextChangeAt("c")).toBe(5 + LEASE);
  });

  it("whatever the order of applies and deletes, one object has at most one deliverable job", () => {
    for (const kinds of orders(5)) {
      const fresh = new JobBook({ leaseMs: LEASE, lifetimeMs: LIFETIME });
      for (const kind of kinds)
        fresh.issueObjectJob("c", kind, { object, payload: object }, 0);
      const applies = fresh.of("c").filter((job) => job.kind === "apply");
      expect(fresh.offer("c", 0, true)).toHaveLength(1);
      expect(applies.filter(isOpen).length).toBeLessThanOrEqual(1);
    }
  });
});

/** Every row of `length` applies and deletes. */
function orders(length: number): ("apply" | "delete")[][] {
  return Array.from({ length: 2 ** length }, (_, bits) =>
    Array.from({ length }, (_, at) => ((bits >> at) & 1 ? "delete" : "apply")),
  );
}
