import { createHash } from "node:crypto";
import {
  mkdirSync,
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
import { openEventSpool } from "./open-event-spool";

/** A line as a spool writes it: a digest, and what it is of. */
function line(json: string): string {
  const digest = createHash("sha256").update(json).digest("hex").slice(0, 16);
  return `${digest} ${json}\n`;
}

/** A segment of the first format, byte for byte but for the digests: an event that is done, and one that waits. */
const FIRST_FORMAT = [
  line(
    `{"position":3,"oldest":3,"dropped":7,"event":${JSON.stringify(eventNumber(0))}}`,
  ),
  line(
    `{"position":4,"oldest":4,"dropped":7,"event":${JSON.stringify(eventNumber(1))}}`,
  ),
];

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

  it("leaves no files behind while the disk is full, and tries one portion at a time", async () => {
    const directory = newDirectory();
    let written = 0;
    const openSegment = async (path: string) => {
      const file = await open(path, "wx");
      return {
        appendFile: (text: string) => {
          written += text.split("\n").length - 1;
          return Promise.reject(new Error("ENOSPC"));
        },
        sync: () => file.sync(),
        close: () => file.close(),
      };
    };
    const spool = opened(directory, { openSegment, segmentEvents: 5 });
    for (let it = 0; it < 40; it += 1) await spool.append(eventNumber(it));
    expect(segmentsIn(directory)).toEqual([]);
    expect(spool.inMemoryOnly).toBe(40);
    expect(written).toBeLessThanOrEqual(40 * 6);
    await spool.close();
  });

  it("reads what the first format held, and writes its own beside it", async () => {
    const directory = newDirectory();
    const first = FIRST_FORMAT.join("");
    writeFileSync(join(directory, "0000000000000000.log"), first);
    const spool = opened(directory);
    expect(await waitingIn(spool)).toEqual([1]);
    expect(spool.dropped).toBe(7);
    await spool.append(eventNumber(2));
    await spool.close();
    expect(readFileSync(segmentsIn(directory)[1] ?? "", "utf8")).toMatch(
      /^[0-9a-f]{16} \{"format":2\}\n/,
    );
    const next = opened(directory);
    expect(await next.oldest(9)).toEqual([
      { position: 4, event: eventNumber(1) },
      { position: 5, event: eventNumber(2) },
    ]);
    await next.close();
  });

  it("sets aside what a newer version wrote, and goes on", async () => {
    const directory = newDirectory();
    const newer = line('{"format":3}') + line('{"whatever":[]}');
    writeFileSync(join(directory, "0000000000000007.log"), newer);
    const log = new KeptLog();
    const spool = opened(directory, { log });
    expect(spool.size).toBe(0);
    await spool.append(eventNumber(0));
    await spool.close();
    expect(readdirSync(directory)).toContain("0000000000000007.log.bad");
    expect(log.text).toContain("of a newer version");
  });

  it("goes on where one of its files can't be read", async () => {
    const directory = newDirectory();
    const spool = opened(directory, { segmentEvents: 1 });
    for (const it of [0, 1]) await spool.append(eventNumber(it));
    await spool.close();
    const [path = ""] = segmentsIn(directory);
    rmSync(path);
    mkdirSync(path); // EISDIR, also for root
    const next = opened(directory);
    expect(await waitingIn(next)).toEqual([1]);
    await next.append(eventNumber(2));
    await next.close();
    expect(readdirSync(directory)).toContain("0000000000000000.log.bad");
  });

  it("is replaced by one in memory where its directory can't be used, which is said", async () => {
    const file = join(newDirectory(), "file");
    writeFileSync(file, "");
    const log = new KeptLog();
    const spool = openEventSpool(join(file, "events"), log);
    await spool.append(eventNumber(0));
    expect(await waitingIn(spool)).toEqual([0]);
    expect(log.text).toContain("Events wait in memory until the agent starts");
    await spool.close();
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
