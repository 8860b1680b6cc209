import { mkdirSync, readdirSync, readFileSync } from "node:fs";
import { type FileHandle, open, rename, rm } from "node:fs/promises";
import { join } from "node:path";
import type { AgentEvent } from "@vworkspace/contract";
import { ConfigurationError } from "@vworkspace/kernel";
import { type Log, reasonOf } from "../log";
import { lockDirectory } from "./directory-lock";
import { EventSpool, type SpooledEvent } from "./event-spool";
import {
  decodeSegment,
  encodeRecord,
  SEGMENT_HEADER,
  type SpoolRecord,
} from "./spool-record";
import { type Waiting, WaitingEvents } from "./waiting-events";

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

interface Segment {
  readonly path: string;
  /** Highest position in it; -1 while it holds no event. */
  last: number;
  events: number;
  file?: SegmentFile;
}

const SEGMENT_EVENTS = 500;
const SEGMENT_NAME = /^\d{16}\.log$/;

/**
 * Events in a directory, so that they outlive the process. What waits is also in memory, which is bounded the same way: the files are its
 * journal, read at the start only. Where they can't be written (a full disk) the events wait in memory until they can.
 */
export class FileEventSpool extends EventSpool {
  private readonly waiting = new WaitingEvents();
  /** What waits behind this position isn't on disk. */
  private savedThrough = -1;
  private segments: Segment[] = [];
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
    return this.waiting.size;
  }

  /** Also those that earlier processes dropped. */
  override get dropped(): number {
    return this.droppedCount;
  }

  /** Events that would be lost with the process, because the disk didn't take them. */
  get inMemoryOnly(): number {
    return this.waiting.countAfter(this.savedThrough);
  }

  /** Resolves when the event is on disk, or when the disk has refused it; appends of one tick share one fsync. */
  override append(event: AgentEvent): Promise<void> {
    const bytes = JSON.stringify(event).length;
    this.waiting.push({ position: this.next++, event, bytes });
    this.dropWhatIsTooMuch();
    this.flushing ??= this.inTurn(() => {
      this.flushing = undefined;
      return this.save();
    });
    return this.flushing;
  }

  override oldest(count: number): Promise<readonly SpooledEvent[]> {
    const items = this.waiting.take(count);
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
    const { waiting } = this;
    // The newest stays whatever its size.
    while (
      waiting.size > 1 &&
      (waiting.size > maxEvents || waiting.bytes > maxBytes)
    ) {
      waiting.forgetOldest();
      this.droppedCount += 1;
    }
    this.forgetBefore(waiting.oldest?.position ?? 0);
  }

  private forgetBefore(position: number): void {
    this.oldestPosition = Math.max(this.oldestPosition, position);
    this.waiting.forgetBefore(this.oldestPosition);
  }

  /** In portions: a disk that stays full costs an attempt at one of them, however many wait. */
  private async save(): Promise<void> {
    const { segmentEvents = SEGMENT_EVENTS } = this.options;
    for (;;) {
      const items = this.waiting.after(this.savedThrough, segmentEvents);
      const last = items.at(-1);
      if (last === undefined) break;
      await this.write(
        items.map((item) => this.record(item.position, item.event)),
      );
      if (this.isFailing) return;
      this.savedThrough = last.position;
    }
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
      const header = segment.events === 0 ? SEGMENT_HEADER : "";
      const lines = records.map(encodeRecord).join("");
      await segment.file?.appendFile(header + lines);
      await segment.file?.sync();
      for (const { event, position } of records)
        if (event) segment.last = Math.max(segment.last, position);
      segment.events += records.length;
      this.sayWhetherFailing(undefined);
    } catch (error) {
      this.sayWhetherFailing(error);
      await this.closeSegments();
      await this.remove(this.segments.filter(({ events }) => events === 0));
    }
  }

  private async openSegment(): Promise<Segment> {
    const {
      directory,
      segmentEvents = SEGMENT_EVENTS,
      openSegment,
    } = this.options;
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
    if (this.waiting.size === 0 && newest && newest.last >= 0) {
      await this.closeSegments();
      // Where this fails, the disk is full: all the more the others go.
      await this.write([this.record(this.next)]);
    }
    const keeper = this.segments.at(-1);
    await this.remove(
      this.segments.filter((segment) => segment !== keeper && isDone(segment)),
    );
  }

  private async remove(done: readonly Segment[]): Promise<void> {
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
    for (const item of waiting.sort((a, b) => a.position - b.position))
      this.waiting.push(item);
    // The files that are set aside held some of it: then all of it is written anew.
    this.savedThrough = damaged.length > 0 ? -1 : this.next - 1;
    this.dropWhatIsTooMuch();
    if (damaged.length > 0) void this.inTurn(() => this.setAside(damaged));
  }

  private loadSegment(path: string, found: Map<number, Waiting>): boolean {
    const { records, isCorrupt } = this.readSegment(path);
    const segment: Segment = { path, last: -1, events: records.length };
    for (const { position, oldest, dropped, event } of records) {
      this.oldestPosition = Math.max(this.oldestPosition, oldest);
      this.droppedCount = Math.max(this.droppedCount, dropped);
      this.next = Math.max(this.next, event ? position + 1 : position);
      if (event === undefined) continue;
      const bytes = JSON.stringify(event).length;
      found.set(position, { position, event, bytes });
      segment.last = Math.max(segment.last, position);
    }
    if (!isCorrupt) this.segments.push(segment);
    return isCorrupt;
  }

  private readSegment(path: string): ReturnType<typeof decodeSegment> {
    try {
      return decodeSegment(readFileSync(path, "utf8"));
    } catch (error) {
      this.options.log.error(
        { reason: reasonOf(error), file: path },
        "A file of the event spool can't be read.",
      );
      return { records: [], isCorrupt: true };
    }
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
        "A file of the event spool is damaged, or of a newer version, and is set aside; what can be read of it is kept.",
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
