import {
  mkdtempSync,
  readdirSync,
  readFileSync,
  rmSync,
  truncateSync,
  writeFileSync,
} from "node:fs";
import { open } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import fc from "fast-check";
import {
  eventNumber,
  eventSpoolContract,
  waitingIn,
} from "../testing/event-spool.contract";
import { KeptLog } from "../testing/kept-log";
import { MemoryEventSpool } from "./event-spool";
import { FileEventSpool, type FileEventSpoolOptions } from "./file-event-spool";

const directories: string[] = [];

function newDirectory(): string {
  const directory = mkdtempSync(join(tmpdir(), "spool-"));
  directories.push(directory);
  return directory;
}

afterAll(() => {
  for (const it of directories) rmSync(it, { recursive: true, force: true });
});

function opened(
  directory: string,
  more: Partial<FileEventSpoolOptions> = {},
): FileEventSpool {
  return new FileEventSpool({ directory, log: new KeptLog(), ...more });
}

function segmentsIn(directory: string): string[] {
  const names = readdirSync(directory).filter((it) => it.endsWith(".log"));
  return names.sort().map((it) => join(directory, it));
}

describe("An event spool in memory", () => {
  eventSpoolContract((capacity) => new MemoryEventSpool(capacity));
});

describe("An event spool on disk", () => {
  eventSpoolContract((maxEvents) =>
    opened(newDirectory(), { maxEvents, segmentEvents: 2 }),
  );

  it("keeps events, positions and the count of drops across processes", async () => {
    const directory = newDirectory();
    const first = opened(directory, { maxEvents: 3 });
    for (const it of [0, 1, 2, 3]) await first.append(eventNumber(it));
    await first.close();
    const second = opened(directory, { maxEvents: 3 });
    expect(await second.oldest(9)).toEqual(
      [1, 2, 3].map((it) => ({ position: it, event: eventNumber(it) })),
    );
    expect(second.dropped).toBe(1);
    await second.removeThrough(3);
    await second.close();
    const third = opened(directory);
    expect(third.size).toBe(0);
    await third.append(eventNumber(9));
    expect((await third.oldest(1))[0]?.position).toBe(4);
    await third.close();
  });

  it("drops the oldest beyond its bytes, but never the newest", async () => {
    const spool = opened(newDirectory(), { maxBytes: 1 });
    await spool.append(eventNumber(0));
    await spool.append(eventNumber(1));
    expect(await waitingIn(spool)).toEqual([1]);
    await spool.close();
  });

  it("removes the files in which nothing waits", async () => {
    const directory = newDirectory();
    const spool = opened(directory, { segmentEvents: 1 });
    for (const it of [0, 1, 2]) await spool.append(eventNumber(it));
    expect(segmentsIn(directory)).toHaveLength(3);
    await spool.removeThrough(1);
    expect(segmentsIn(directory)).toHaveLength(1);
    await spool.close();
  });

  it("shares one fsync among the appends of one tick", async () => {
    let syncs = 0;
    const openSegment = async (path: string) => {
      const file = await open(path, "wx");
      return {
        appendFile: (text: string) => file.appendFile(text),
        sync: () => ((syncs += 1), file.sync()),
        close: () => file.close(),
      };
    };
    const spool = opened(newDirectory(), { openSegment });
    await Promise.all([0, 1, 2].map((it) => spool.append(eventNumber(it))));
    expect(syncs).toBe(1);
    await spool.close();
  });

  it("waits in memory while the disk is full, says so once, and writes everything once there is room", async () => {
    const directory = newDirectory();
    const log = new KeptLog();
    let isFull = true;
    const openSegment = async (path: string) => {
      const file = await open(path, "wx");
      const full = async (text: string) => {
        await file.appendFile(text.slice(0, 30));
        throw new Error("ENOSPC: no space left on device");
      };
      return {
        appendFile: (text: string) =>
          isFull ? full(text) : file.appendFile(text),
        sync: () => file.sync(),
        close: () => file.close(),
      };
    };
    const spool = opened(directory, { log, openSegment });
    await spool.append(eventNumber(0));
    await spool.append(eventNumber(1));
    expect(spool.inMemoryOnly).toBe(2);
    expect(await waitingIn(spool)).toEqual([0, 1]);
    isFull = false;
    await spool.append(eventNumber(2));
    expect(spool.inMemoryOnly).toBe(0);
    expect(JSON.stringify(log).match(/wait in memory/g)).toHaveLength(1);
    await spool.close();
    const next = opened(directory);
    expect(await waitingIn(next)).toEqual([0, 1, 2]);
    await next.close();
  });

  it("sets a damaged file aside and keeps what can be read of it", async () => {
    const directory = newDirectory();
    const spool = opened(directory);
    for (const it of [0, 1, 2]) await spool.append(eventNumber(it));
    await spool.close();
    const [path = ""] = segmentsIn(directory);
    const text = readFileSync(path, "utf8");
    writeFileSync(path, text.replace('"sequence":1', '"sequence":7'));
    const damaged = opened(directory);
    expect(await waitingIn(damaged)).toEqual([0, 2]);
    await damaged.append(eventNumber(3));
    await damaged.close();
    expect(readdirSync(directory).join()).toContain(".log.bad");
    const next = opened(directory);
    expect(await waitingIn(next)).toEqual([0, 2, 3]);
    await next.close();
  });

  it("has one owner, and takes over from a process that is gone", async () => {
    const directory = newDirectory();
    const spool = opened(directory);
    expect(() => opened(directory)).toThrow("is in use by process");
    await spool.close();
    writeFileSync(join(directory, "lock"), "1 no-such-start");
    const next = opened(directory);
    await next.close();
  });

  it("loses nothing but the end of the last write when the file is cut at any byte", async () => {
    const cut = fc.record({
      appends: fc.integer({ min: 1, max: 12 }),
      removed: fc.integer({ min: 0, max: 12 }),
      segmentEvents: fc.integer({ min: 1, max: 5 }),
      at: fc.double({ min: 0, max: 1, noNaN: true }),
    });
    await fc.assert(
      fc.asyncProperty(cut, async ({ appends, removed, segmentEvents, at }) => {
        const directory = newDirectory();
        const spool = opened(directory, { segmentEvents });
        for (let it = 0; it < appends; it++)
          await spool.append(eventNumber(it));
        await spool.removeThrough(removed - 1);
        await spool.close();
        const path = segmentsIn(directory).at(-1) ?? "";
        const bytes = readFileSync(path);
        const kept = Math.floor(at * bytes.length);
        const isWhole = kept === bytes.length;
        truncateSync(path, kept);
        const next = opened(directory, { segmentEvents });
        const found = await waitingIn(next);
        const first = found[0] ?? 0;
        expect(found).toEqual(found.map((_, index) => first + index));
        const lost = bytes.subarray(kept).toString().split("\n").length;
        if (removed < appends)
          expect((found.at(-1) ?? removed - 1) + lost).toBeGreaterThanOrEqual(
            appends - 1,
          );
        if (isWhole && removed < appends)
          expect(found.at(-1)).toBe(appends - 1);
        await next.close();
      }),
      { numRuns: 60 },
    );
  });
});
