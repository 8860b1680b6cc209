import fc from "fast-check";
import {
  FairGate,
  GoneError,
  LineFullError,
  type LineLimits,
} from "./fair-gate";

const LINE = { inFlight: 2, waiting: 100 };
const NEVER = new AbortController().signal;

/** Lets what is ready go on. */
async function settle(): Promise<void> {
  for (let turn = 0; turn < 5; turn += 1) await Promise.resolve();
}

/** Who works, in the order in which they were let in. */
class Book {
  readonly order: string[] = [];
  private readonly leaving: { key: string; leave: () => void }[] = [];

  constructor(
    readonly gate: FairGate,
    private readonly limits: LineLimits = LINE,
  ) {}

  arrive(key: string, signal = NEVER): void {
    void this.gate.enter(key, this.limits, signal).then(
      (leave) => {
        this.order.push(key);
        this.leaving.push({ key, leave });
      },
      () => undefined,
    );
  }

  /** The place of who has worked longest becomes free. */
  leave(index = 0): void {
    const [one] = this.leaving.splice(index % this.leaving.length, 1);
    one?.leave();
  }

  get working(): readonly string[] {
    return this.leaving.map(({ key }) => key);
  }
}

describe("a fair gate", () => {
  it("lets the second line in after one of the first, however long that is", async () => {
    const book = new Book(new FairGate(1));
    for (let count = 0; count < 50; count += 1) book.arrive("storm");
    book.arrive("quiet");
    await settle();
    book.leave();
    await settle();
    book.leave();
    await settle();
    // The storm's second is next in turn; then comes who arrived fifty requests later.
    expect(book.order).toEqual(["storm", "storm", "quiet"]);
  });

  it("never has more at work than places, nor more of one line than it may", async () => {
    await fc.assert(
      fc.asyncProperty(
        fc.integer({ min: 1, max: 4 }),
        fc.integer({ min: 1, max: 3 }),
        fc.array(
          fc.oneof(
            fc.record({ arrive: fc.constantFrom("a", "b", "c", "d") }),
            fc.record({ leave: fc.nat(5) }),
          ),
          { maxLength: 80 },
        ),
        async (places, inFlight, steps) => {
          const gate = new FairGate(places);
          const book = new Book(gate, { inFlight, waiting: 100 });
          let arrived = 0;
          for (const step of steps) {
            if ("arrive" in step) {
              book.arrive(step.arrive);
              arrived += 1;
            } else if (book.working.length > 0) book.leave(step.leave);
            await settle();
            const { working } = book;
            expect(working.length).toBeLessThanOrEqual(places);
            for (const key of working)
              expect(
                working.filter((other) => other === key).length,
              ).toBeLessThanOrEqual(inFlight);
            expect(gate.counts.working).toBe(working.length);
          }
          // Whoever came gets in, once there is room.
          while (book.working.length > 0) {
            book.leave();
            await settle();
          }
          expect(book.order).toHaveLength(arrived);
          expect(gate.counts).toEqual({ waiting: 0, working: 0 });
        },
      ),
    );
  });

  it("gives no line a second turn while another has waited since before its first", async () => {
    await fc.assert(
      fc.asyncProperty(
        fc.array(fc.constantFrom("a", "b", "c"), {
          minLength: 3,
          maxLength: 40,
        }),
        async (arrivals) => {
          const book = new Book(new FairGate(1));
          book.arrive("holder");
          await settle();
          for (const key of arrivals) book.arrive(key);
          const rounds = new Set(arrivals).size;
          for (let turn = 0; turn < rounds; turn += 1) {
            book.leave();
            await settle();
          }
          expect(new Set(book.order.slice(1)).size).toBe(rounds);
        },
      ),
    );
  });

  it("keeps half of the places for who has proven something, however many strangers there are", async () => {
    const gate = new FairGate(4);
    const strangers = new Book(gate, { ...LINE, isStranger: true });
    for (let count = 0; count < 20; count += 1) strangers.arrive(`s${count}`);
    await settle();
    expect(strangers.working).toHaveLength(2);
    const known = new Book(gate);
    for (const key of ["a", "b", "c"]) known.arrive(key);
    await settle();
    expect(known.working).toEqual(["a", "b"]);
    // And they take turns: neither waits for the other's end.
    known.leave();
    strangers.leave();
    await settle();
    expect([known.order, strangers.working]).toEqual([
      ["a", "b", "c"],
      ["s1", "s2"],
    ]);
  });

  it("refuses who finds the line full, and nobody of another line", async () => {
    const gate = new FairGate(1);
    const limits = { inFlight: 1, waiting: 1 };
    await gate.enter("a", limits, NEVER);
    void gate.enter("a", limits, NEVER);
    await expect(gate.enter("a", limits, NEVER)).rejects.toThrow(LineFullError);
    void gate.enter("b", limits, NEVER);
    expect(gate.counts).toEqual({ waiting: 2, working: 1 });
  });

  it("forgets who has gone, and works on for the others", async () => {
    const gate = new FairGate(1);
    const leave = await gate.enter("a", LINE, NEVER);
    const gone = new AbortController();
    const waiting = gate.enter("b", LINE, gone.signal);
    const after = gate.enter("b", LINE, NEVER);
    gone.abort();
    await expect(waiting).rejects.toThrow(GoneError);
    await expect(gate.enter("c", LINE, gone.signal)).rejects.toThrow(GoneError);
    leave();
    (await after)();
    expect(gate.counts).toEqual({ waiting: 0, working: 0 });
  });

  it("takes a place back once, however often that is said", async () => {
    const gate = new FairGate(1);
    const leave = await gate.enter("a", LINE, NEVER);
    leave();
    const other = await gate.enter("b", LINE, NEVER);
    leave();
    expect(gate.counts.working).toBe(1);
    other();
  });
});
