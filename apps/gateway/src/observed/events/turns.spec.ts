import { Turns } from "./turns";

/** Work that ends when it is told to. */
class Pending {
  private end: (() => void) | undefined;
  readonly started: string[] = [];

  readonly work = (name: string) => async () => {
    this.started.push(name);
    await new Promise<void>((resolve) => (this.end = resolve));
    return name;
  };

  finish(): void {
    this.end?.();
  }
}

const settled = () => new Promise((resolve) => setImmediate(resolve));

describe("turns", () => {
  it("let work of one key wait for each other, and not for that of another", async () => {
    const [turns, pending] = [new Turns(), new Pending()];
    const first = turns.run("a", pending.work("first"));
    const second = turns.run("a", pending.work("second"));
    await settled();
    expect(pending.started).toEqual(["first"]);
    expect(await turns.run("b", () => Promise.resolve("other"))).toBe("other");
    pending.finish();
    expect(await first).toBe("first");
    await settled();
    pending.finish();
    expect(await second).toBe("second");
  });

  it("go on after work that failed", async () => {
    const turns = new Turns();
    const failing = turns.run("a", () => Promise.reject(new Error("no")));
    const next = turns.run("a", () => Promise.resolve("next"));
    await expect(failing).rejects.toThrow("no");
    expect(await next).toBe("next");
  });

  it("refuse a seventeenth of one key, and take work again once one has ended", async () => {
    const [turns, pending] = [new Turns(), new Pending()];
    const first = turns.run("a", pending.work("first"));
    const others = Array.from({ length: 15 }, () =>
      turns.run("a", () => Promise.resolve("other")),
    );
    const late = turns.run("a", pending.work("late"));
    await expect(late).rejects.toMatchObject({ code: "too_many_requests" });
    expect(pending.started).toEqual(["first"]);
    pending.finish();
    await Promise.all([first, ...others]);
    expect(await turns.run("a", () => Promise.resolve("next"))).toBe("next");
  });
});
