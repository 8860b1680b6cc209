import { ManualClock } from "@vworkspace/kernel";
import { KubeError } from "./kube-error";
import { Reflector, type ReflectorOptions } from "./reflector";
import type { KubeObject } from "./kube-object";
import {
  expired,
  FakeWatchSource,
  unreachable,
} from "./testing/fake-watch-source";

const KIND = { apiVersion: "v1", kind: "ConfigMap" };

function setUp(
  options: Partial<ReflectorOptions<KubeObject>> = {},
  source = new FakeWatchSource(KIND),
) {
  const clock = new ManualClock();
  const seen: string[] = [];
  const errors: unknown[] = [];
  const served: boolean[] = [];
  const reflector = new Reflector<KubeObject>(source, KIND, {
    onChange: (key, object) => seen.push(`${object ? "+" : "-"}${key}`),
    onError: (error) => errors.push(error),
    onServed: (isServed) => served.push(isServed),
    clock,
    random: () => 0.5,
    ...options,
  });
  const stop = new AbortController();
  const start = async () => {
    ended = reflector.start(stop.signal);
    await settle();
  };
  let ended = Promise.resolve();
  const end = () => {
    stop.abort();
    return ended;
  };
  /** What was reported since the last call. */
  const news = async () => {
    await settle();
    return seen.splice(0);
  };
  return { source, clock, errors, served, reflector, start, end, news };
}

function forbidden(): KubeError {
  return new KubeError("?", { status: 403, reason: "Forbidden" });
}

/** Lets everything that is ready happen. */
async function settle(): Promise<void> {
  for (let turn = 0; turn < 5; turn += 1)
    await new Promise((resolve) => setImmediate(resolve));
}

describe("Reflector", () => {
  it("lists every page once, then only watches", async () => {
    const { source, reflector, start, end, news } = setUp({ pageSize: 2 });
    for (const name of ["a", "b", "c", "d", "e"]) source.put(name);
    await start();
    expect(await reflector.waitForSync()).toBe(true);
    expect(await news()).toHaveLength(5);
    expect(source.lists).toBe(3);
    source.put("f");
    source.put("a");
    source.remove("b");
    expect(await news()).toEqual(["+shop/f", "+shop/a", "-shop/b"]);
    expect([...reflector.store.keys()].sort()).toEqual(
      ["a", "c", "d", "e", "f"].map((name) => `shop/${name}`),
    );
    expect(source.lists).toBe(3);
    await end();
  });

  it("continues a watch that the server ended, without listing again", async () => {
    const { source, clock, start, end, news } = setUp();
    source.put("a");
    await start();
    await news();
    await clock.advance(300_000);
    source.closeWatches();
    source.put("b");
    expect(await news()).toEqual(["+shop/b"]);
    expect(source.lists).toBe(1);
    expect(source.watches).toBe(2);
    await end();
  });

  it("continues from the last bookmark, so that compaction before it costs no list", async () => {
    const { source, clock, start, end, news } = setUp();
    await start();
    source.compact();
    source.bookmark();
    await clock.advance(300_000);
    source.closeWatches();
    source.put("a");
    expect(await news()).toEqual(["+shop/a"]);
    expect(source.lists).toBe(1);
    await end();
  });

  it("waits before it continues a watch that broke, then misses nothing", async () => {
    const { source, clock, errors, start, end, news } = setUp();
    await start();
    source.breakWatches();
    source.put("a");
    expect(await news()).toEqual([]);
    await clock.advance(500);
    expect(await news()).toEqual(["+shop/a"]);
    expect(source.lists).toBe(1);
    expect(errors).toHaveLength(1);
    await end();
  });

  it("backs off from watches that end at once without an event", async () => {
    const { source, clock, start, end } = setUp();
    await start();
    for (let round = 0; round < 3; round += 1) {
      source.closeWatches();
      await settle();
    }
    expect(source.watches).toBe(1);
    await clock.advance(500);
    expect(source.watches).toBe(2);
    await end();
  });

  it("lists again at once when its version expired, and reports what it missed", async () => {
    const { source, start, end, news } = setUp();
    for (const name of ["kept", "changed", "deleted", "reborn"])
      source.put(name);
    await start();
    await news();
    source.breakWatches(expired());
    source.put("changed");
    source.remove("deleted");
    source.remove("reborn");
    source.put("reborn", "another-uid");
    source.compact();
    expect((await news()).sort()).toEqual([
      "+shop/changed",
      "+shop/reborn",
      "-shop/deleted",
    ]);
    expect(source.lists).toBe(2);
    await end();
  });

  it("backs off when versions expire again and again", async () => {
    const { source, clock, start, end } = setUp();
    source.failures.push(expired(), expired());
    await start();
    // collectPages starts over once by itself, then the reflector lists at once.
    expect(source.lists).toBe(3);
    source.breakWatches(expired());
    await settle();
    expect(source.lists).toBe(3);
    await clock.advance(2_000);
    expect(source.lists).toBe(4);
    await end();
  });

  it("starts a list over when the snapshot expires between two pages", async () => {
    const { source, reflector, start, end } = setUp({ pageSize: 1 });
    source.put("a");
    source.put("b");
    const list = source.listPage.bind(source);
    let pages = 0;
    source.listPage = async (...request) => {
      if ((pages += 1) === 2) source.compact();
      return list(...request);
    };
    await start();
    expect([...reflector.store.keys()]).toEqual(["shop/a", "shop/b"]);
    await end();
  });

  it("lists after an outage, since the server may have come back with an older backup", async () => {
    const { source, clock, start, end, news } = setUp();
    source.put("a");
    source.put("b");
    await start();
    await news();
    source.failures.push(unreachable(), unreachable(), unreachable());
    source.breakWatches();
    source.goBackTo(50);
    source.remove("b");
    source.put("c");
    await settle();
    for (let second = 0; second < 10; second += 1) {
      await clock.advance(1_000);
      await settle();
    }
    expect((await news()).sort()).toEqual(["+shop/c", "-shop/b"]);
    expect(source.lists).toBe(2);
    await end();
  });

  it.each(["WatchSilent", "Undecodable", "ResponseTooLarge"])(
    "lists after a watch that ended with %s, since the same watch would end so again",
    async (reason) => {
      const { source, clock, start, end } = setUp();
      await start();
      source.breakWatches(new KubeError("?", { status: 0, reason }));
      await settle();
      await clock.advance(1_000);
      expect(source.lists).toBe(2);
      await end();
    },
  );

  it("treats a missing kind as a state and finds it when it appears", async () => {
    const { source, clock, errors, served, reflector, start, end, news } =
      setUp();
    source.isServed = false;
    await start();
    expect(await reflector.waitForSync()).toBe(true);
    expect(reflector.isServed).toBe(false);
    await clock.advance(20_000);
    expect(source.lists).toBe(2);
    source.isServed = true;
    source.put("a");
    await clock.advance(20_000);
    expect(await news()).toEqual(["+shop/a"]);
    expect(reflector.isServed).toBe(true);
    expect(served).toEqual([false, true]);
    expect(errors).toEqual([]);
    await end();
  });

  it("reports every object as gone when the kind is removed", async () => {
    const { source, clock, served, reflector, start, end, news } = setUp();
    source.put("a");
    await start();
    await news();
    await clock.advance(300_000);
    source.isServed = false;
    source.put("b");
    source.closeWatches();
    expect(await news()).toEqual(["+shop/b", "-shop/a", "-shop/b"]);
    expect(reflector.isServed).toBe(false);
    expect(served).toEqual([true, false]);
    await end();
  });

  it("looks at once for a missing kind when it is poked, and lets an outage take its time", async () => {
    const { source, reflector, clock, start, end } = setUp();
    source.isServed = false;
    await start();
    await clock.advance(100_000);
    const before = source.lists;
    source.isServed = true;
    reflector.poke();
    await settle();
    expect([reflector.isServed, source.lists]).toEqual([true, before + 1]);
    source.breakWatches();
    await settle();
    reflector.poke();
    await settle();
    expect(source.watches).toBe(1);
    await end();
  });

  it("takes a denied list for a state that it says once, and sees what is there when it may", async () => {
    const denied: boolean[] = [];
    const { source, reflector, clock, errors, start, end, news } = setUp({
      onDenied: (isDenied) => denied.push(isDenied),
    });
    source.put("a");
    source.failures.push(forbidden(), forbidden(), forbidden());
    await start();
    expect(await reflector.waitForSync()).toBe(true);
    expect([reflector.isDenied, reflector.isServed]).toEqual([true, false]);
    expect(reflector.isCurrent).toBe(false);
    for (const ms of [500, 1_000, 2_000]) {
      await clock.advance(ms);
      await settle();
    }
    expect(await news()).toEqual(["+shop/a"]);
    expect([reflector.isDenied, reflector.isServed]).toEqual([false, true]);
    expect(denied).toEqual([true, false]);
    expect(errors).toHaveLength(1);
    await end();
  });

  it("keeps what it saw when the watch is denied later, lists now and then, and doesn't call that allowed", async () => {
    const denied: boolean[] = [];
    const { source, reflector, clock, start, end } = setUp({
      onDenied: (isDenied) => denied.push(isDenied),
    });
    source.put("a");
    await start();
    const watch = source.watch.bind(source);
    source.watch = () => {
      throw forbidden();
    };
    source.breakWatches();
    await settle();
    for (let second = 0; second < 30; second += 1) {
      await clock.advance(1_000);
      await settle();
    }
    expect([reflector.isDenied, reflector.store.size]).toEqual([true, 1]);
    expect(source.lists).toBeGreaterThan(1);
    source.put("b");
    source.watch = watch;
    await clock.advance(120_000);
    await settle();
    source.bookmark();
    await settle();
    expect(denied).toEqual([true, false]);
    expect(reflector.store.size).toBe(2);
    await end();
  });

  it("is not current while it can't watch, and again once a watch has lasted a moment", async () => {
    const { source, reflector, clock, start, end } = setUp();
    await start();
    expect(reflector.isCurrent).toBe(true);
    source.breakWatches();
    await settle();
    expect(reflector.isCurrent).toBe(false);
    await clock.advance(500);
    await settle();
    expect(reflector.isCurrent).toBe(false);
    await clock.advance(1_000);
    expect(reflector.isCurrent).toBe(true);
    await end();
  });

  it("holds what it is told to of each object, and one that it holds no more is gone", async () => {
    const hidden = new Set(["b"]);
    const { source, reflector, start, end, news } = setUp({
      keep: (object) =>
        hidden.has(object.metadata.name)
          ? undefined
          : { ...object, note: "kept" },
    });
    for (const name of ["a", "b"]) source.put(name);
    await start();
    expect(await news()).toEqual(["+shop/a"]);
    expect(reflector.store.get("shop/a")).toMatchObject({ note: "kept" });
    hidden.add("a");
    source.put("a");
    source.put("b");
    source.remove("b");
    expect(await news()).toEqual(["-shop/a"]);
    expect(reflector.store.size).toBe(0);
    await end();
  });

  it("goes on when a handler throws", async () => {
    const heard: string[] = [];
    const { source, errors, start, end } = setUp({
      onChange: (key) => {
        heard.push(key);
        throw new Error(`can't handle ${key}`);
      },
    });
    source.put("a");
    source.put("b");
    await start();
    source.put("c");
    await settle();
    expect(heard).toEqual(["shop/a", "shop/b", "shop/c"]);
    expect(errors.map(String)).toEqual(
      heard.map((key) => `Error: can't handle ${key}`),
    );
    await end();
  });

  it("goes on when even the error handler throws", async () => {
    const { source, clock, start, end, news } = setUp({
      onError: () => {
        throw new Error("nobody listens");
      },
    });
    await start();
    source.breakWatches();
    await settle();
    await clock.advance(500);
    source.put("a");
    expect(await news()).toEqual(["+shop/a"]);
    await end();
  });

  it("reports every object anew at each resync, without a request", async () => {
    const { source, clock, start, end, news } = setUp({ resyncMs: 60_000 });
    source.put("a");
    source.put("b");
    await start();
    await news();
    await clock.advance(60_000 * 1.05);
    expect(await news()).toEqual(["+shop/a", "+shop/b"]);
    await clock.advance(60_000 * 1.05);
    expect(await news()).toEqual(["+shop/a", "+shop/b"]);
    expect([source.lists, source.watches]).toEqual([1, 1]);
    await end();
  });

  it("makes no request in a steady state", async () => {
    const { source, clock, start, end, news } = setUp();
    source.put("a");
    await start();
    await news();
    for (let minute = 0; minute < 5; minute += 1) {
      source.bookmark();
      await clock.advance(60_000);
    }
    expect([source.lists, source.watches]).toEqual([1, 1]);
    expect(await news()).toEqual([]);
    await end();
  });

  it("waits longer and longer for a server that is down, and not after it came back", async () => {
    const { source, clock, start, end, errors } = setUp();
    for (let failure = 0; failure < 4; failure += 1)
      source.failures.push(unreachable());
    await start();
    for (const ms of [250, 500, 1_000]) await clock.advance(ms);
    expect(source.lists).toBe(4);
    await clock.advance(1_999);
    expect(source.lists).toBe(4);
    await clock.advance(1);
    await settle();
    expect(source.lists).toBe(5);
    expect(errors).toHaveLength(1);
    await clock.advance(60_000);
    source.breakWatches();
    await settle();
    await clock.advance(250);
    expect(source.watches).toBe(2);
    await end();
  });

  it("ends when told to, whatever it is doing, and leaves no watch open", async () => {
    const watching = setUp();
    await watching.start();
    expect(watching.source.openWatches).toBe(1);
    await watching.end();
    expect(watching.source.openWatches).toBe(0);

    const waiting = setUp();
    waiting.source.failures.push(unreachable());
    await waiting.start();
    const hasSynced = waiting.reflector.waitForSync();
    await waiting.end();
    expect(await hasSynced).toBe(false);
    expect(waiting.source.lists).toBe(1);
    expect(waiting.errors).toHaveLength(1);
  });

  it("takes its own end for no failure, even when a request is under way", async () => {
    const { source, errors, start, end, news } = setUp();
    source.listPage = (_kind, _page, signal) =>
      new Promise((_, reject) =>
        signal.addEventListener("abort", () => reject(unreachable())),
      );
    await start();
    await end();
    expect(errors).toEqual([]);
    expect(await news()).toEqual([]);
  });
});
