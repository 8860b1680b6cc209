import { mkdirSync, readdirSync, readFileSync } from "node:fs";
import { type FileHandle, open, rename, rm } from "node:fs/promises";
import { join } from "node:path";
import type { AgentEvent } from "@vworkspace/contract";
import { ConfigurationError } from "@vworkspace/kernel";
import { type Log, reasonOf } from "../log";
import { lockDirectory } from "./directory-lock";
import { EventSpool, type SpooledEvent } from "./event-spool";
import { decodeSegment, encodeRecord, type SpoolRecord } from "./spool-record";

export interface FileEventSpoolOptions {
  /** Made where it doesn't exist. */
  readonly directory: string;
  readonly log: Log;
  readonly maxEvents?: number;
  /** Of the events as JSON, in UTF-16 units; the files take little more. */
  readonly maxBytes?: number;
  readonly segmentEvents?: number;
  /** How a segment is written, for tests of a full disk. */
  readonly openSegment?: (path: string) => Promise<SegmentFile>;
}

export type SegmentFile = Pick<FileHandle, "appendFile" | "sync" | "close">;

interface Waiting extends SpooledEvent {
  readonly bytes: number;
}

interface Segment {
  readonly path: string;
  /** Highest position in it; -1 while it holds no event. */
  last: number;
  events: number;
  file?: SegmentFile;
}

const SEGMENT_NAME = /^\d{16}\.log$/;

/**
 * Events in a directory, so that they outlive the process. What waits is also in memory, which is bounded the same way: the files are its
 * journal, read at the start only. Where they can't be written (a full disk) the events wait in memory until they can.
 */
export class FileEventSpool extends EventSpool {
  private waiting: Waiting[] = [];
  private unsaved: Waiting[] = [];
  private segments: Segment[] = [];
  private bytes = 0;
  private next = 0;
  private oldestPosition = 0;
  private droppedCount = 0;
  private segmentNumber = 0;
  private isFailing = false;
  private flushing: Promise<void> | undefined;
  private work: Promise<void> = Promise.resolve();
  private readonly release: () => void;

  /** @throws ConfigurationError where the directory can't be used, or another process uses it */
  constructor(private readonly options: FileEventSpoolOptions) {
    super();
    const { directory } = options;
    try {
      mkdirSync(directory, { recursive: true, mode: 0o700 });
      this.release = lockDirectory(directory);
      this.load();
    } catch (error) {
      if (error instanceof ConfigurationError) throw error;
      throw new ConfigurationError(
        `VWORKSPACE_STATE_DIR can't be used (${reasonOf(error)}): give a directory that the agent may write.`,
      );
    }
  }

  override get size(): number {
    return this.waiting.length;
  }

  /** Also those that earlier processes dropped. */
  override get dropped(): number {
    return this.droppedCount;
  }

  /** Events that would be lost with the process, because the disk didn't take them. */
  get inMemoryOnly(): number {
    return this.unsaved.length;
  }

  /** Resolves when the event is on disk, or when the disk has refused it; appends of one tick share one fsync. */
  override append(event: AgentEvent): Promise<void> {
    const bytes = JSON.stringify(event).length;
    const item = { position: this.next++, event, bytes };
    this.waiting.push(item);
    this.unsaved.push(item);
    this.bytes += bytes;
    this.dropWhatIsTooMuch();
    this.flushing ??= this.inTurn(() => {
      this.flushing = undefined;
      return this.save();
    });
    return this.flushing;
  }

  override oldest(count: number): Promise<readonly SpooledEvent[]> {
    const items = this.waiting.slice(0, count);
    return Promise.resolve(
      items.map(({ position, event }) => ({ position, event })),
    );
  }

  override removeThrough(position: number): Promise<void> {
    this.forgetBefore(Math.min(position + 1, this.next));
    return this.inTurn(() => this.tidy());
  }

  override async close(): Promise<void> {
    await this.inTurn(() => this.closeSegments());
    this.release();
  }

  private inTurn(step: () => Promise<void>): Promise<void> {
    this.work = this.work.then(step);
    return this.work;
  }

  private dropWhatIsTooMuch(): void {
    const { maxEvents = 10_000, maxBytes = 32 * 1024 * 1024 } = this.options;
    let [count, bytes] = [0, this.bytes];
    // The newest stays whatever its size.
    while (
      this.waiting.length - count > 1 &&
      (this.waiting.length - count > maxEvents || bytes > maxBytes)
    )
      bytes -= this.waiting[count++]?.bytes ?? 0;
    const kept = this.waiting[count];
    if (count === 0 || kept === undefined) return;
    this.droppedCount += count;
    this.forgetBefore(kept.position);
  }

  private forgetBefore(position: number): void {
    if (position <= this.oldestPosition) return;
    this.oldestPosition = position;
    const isWaiting = (item: Waiting) => item.position >= position;
    this.waiting = this.waiting.filter(isWaiting);
    this.unsaved = this.unsaved.filter(isWaiting);
    this.bytes = this.waiting.reduce((sum, { bytes }) => sum + bytes, 0);
  }

  private async save(): Promise<void> {
    const items = [...this.unsaved];
    await this.write(
      items.map((item) => this.record(item.position, item.event)),
    );
    if (this.isFailing) return;
    const last = items.at(-1)?.position ?? -1;
    this.unsaved = this.unsaved.filter(({ position }) => position > last);
    await this.tidy();
  }

  private record(position: number, event?: AgentEvent): SpoolRecord {
    return {
      position,
      oldest: this.oldestPosition,
      dropped: this.droppedCount,
      ...(event && { event }),
    };
  }

  /** Writes and fsyncs. After a failure the segment may end with half a record, so the next attempt begins another. */
  private async write(records: readonly SpoolRecord[]): Promise<void> {
    if (records.length === 0) return;
    try {
      const segment = await this.openSegment();
      await segment.file?.appendFile(records.map(encodeRecord).join(""));
      await segment.file?.sync();
      for (const { event, position } of records)
        if (event) segment.last = Math.max(segment.last, position);
      segment.events += records.length;
      this.sayWhetherFailing(undefined);
    } catch (error) {
      this.sayWhetherFailing(error);
      await this.closeSegments();
    }
  }

  private async openSegment(): Promise<Segment> {
    const { directory, segmentEvents = 500, openSegment } = this.options;
    const current = this.segments.at(-1);
    if (current?.file && current.events < segmentEvents) return current;
    await this.closeSegments();
    const name = `${String(this.segmentNumber++).padStart(16, "0")}.log`;
    const path = join(directory, name);
    const file = await (openSegment ?? createSegment)(path);
    const segment = { path, last: -1, events: 0, file };
    this.segments.push(segment);
    await syncDirectory(directory);
    return segment;
  }

  private async closeSegments(): Promise<void> {
    for (const segment of this.segments) {
      await segment.file?.close().catch(() => undefined);
      delete segment.file;
    }
  }

  private sayWhetherFailing(error: unknown): void {
    const { log, directory } = this.options;
    if (error !== undefined && !this.isFailing)
      log.warn(
        { reason: reasonOf(error), directory },
        "Events can't be written to disk; they wait in memory until they can.",
      );
    if (error === undefined && this.isFailing)
      log.info({ directory }, "Events are written to disk again.");
    this.isFailing = error !== undefined;
  }

  /** Removes the segments in which nothing waits. One always stays, since it knows the positions and counters. */
  private async tidy(): Promise<void> {
    const isDone = (segment: Segment) => segment.last < this.oldestPosition;
    const newest = this.segments.at(-1);
    if (this.waiting.length === 0 && newest && newest.last >= 0) {
      await this.closeSegments();
      await this.write([this.record(this.next)]);
      if (this.isFailing) return;
    }
    const keeper = this.segments.at(-1);
    const done = this.segments.filter(
      (segment) => segment !== keeper && isDone(segment),
    );
    this.segments = this.segments.filter((segment) => !done.includes(segment));
    for (const { path } of done)
      await rm(path, { force: true }).catch((error: unknown) => {
        // Read again at the next start, where its records are older than the counters and forgotten.
        this.options.log.debug({ reason: reasonOf(error) }, "A file stays.");
      });
  }

  private load(): void {
    const { directory } = this.options;
    const found = new Map<number, Waiting>();
    const damaged: string[] = [];
    const names = readdirSync(directory).filter((it) => SEGMENT_NAME.test(it));
    for (const name of names.sort()) {
      const isCorrupt = this.loadSegment(join(directory, name), found);
      this.segmentNumber = Number.parseInt(name, 10) + 1;
      if (isCorrupt) damaged.push(join(directory, name));
    }
    const waiting = [...found.values()].filter(
      ({ position }) => position >= this.oldestPosition,
    );
    this.waiting = waiting.sort((one, other) => one.position - other.position);
    this.bytes = waiting.reduce((sum, { bytes }) => sum + bytes, 0);
    this.unsaved = this.unsaved.filter(
      ({ position }) => position >= this.oldestPosition,
    );
    this.dropWhatIsTooMuch();
    if (damaged.length > 0) void this.inTurn(() => this.setAside(damaged));
  }

  private loadSegment(path: string, found: Map<number, Waiting>): boolean {
    const { records, isCorrupt } = decodeSegment(readFileSync(path, "utf8"));
    const segment: Segment = { path, last: -1, events: records.length };
    for (const { position, oldest, dropped, event } of records) {
      this.oldestPosition = Math.max(this.oldestPosition, oldest);
      this.droppedCount = Math.max(this.droppedCount, dropped);
      this.next = Math.max(this.next, event ? position + 1 : position);
      if (event === undefined) continue;
      const bytes = JSON.stringify(event).length;
      const item = { position, event, bytes };
      found.set(position, item);
      segment.last = Math.max(segment.last, position);
      // Its file is set aside, so what could be read is written anew.
      if (isCorrupt) this.unsaved.push(item);
    }
    if (!isCorrupt) this.segments.push(segment);
    return isCorrupt;
  }

  /** Only once everything that could be read of them, and the counters, are in another file. */
  private async setAside(paths: readonly string[]): Promise<void> {
    await this.write([this.record(this.next)]);
    await this.save();
    if (this.isFailing) return;
    for (const path of paths) {
      await rename(path, `${path}.bad`).catch(() => undefined);
      this.options.log.error(
        { file: `${path}.bad` },
        "A file of the event spool is damaged and is set aside; what can be read of it is kept.",
      );
    }
  }
}

function createSegment(path: string): Promise<SegmentFile> {
  return open(path, "wx", 0o600);
}

/** A new file is lost with the power unless its directory is synced too. */
async function syncDirectory(directory: string): Promise<void> {
  const handle = await open(directory, "r");
  try {
    await handle.sync();
  } finally {
    await handle.close();
  }
}
