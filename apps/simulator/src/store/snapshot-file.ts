import {
  closeSync,
  openSync,
  readFileSync,
  renameSync,
  writeFileSync,
  writeSync,
} from "node:fs";
import { objectKey, type KubeObject } from "../kube-object";
import type { Change, Store, StoreContent } from "./store";

/** Changes after which the journal is folded into the snapshot. */
const JOURNAL_LENGTH = 20_000;

type JournalEntry = Pick<Change, "type" | "revision" | "resource" | "object">;

/**
 * Keeps a store's content in a snapshot and, beside it, a journal of the changes since then (mode 600: they hold Secrets),
 * so that a simulated cluster outlives its process. A change is in the journal before its request is answered: as with a
 * real API server, kill -9 loses nothing that was acknowledged. Nothing is fsynced, so the machine's own crash may.
 */
export class SnapshotFile {
  private journal: number | undefined;
  private journalled = 0;

  constructor(
    private readonly path: string,
    private readonly store: Store,
  ) {}

  /** @returns whether there was a file. @throws Error naming the file when it cannot be read or is no snapshot */
  load(): boolean {
    const text = readIfThere(this.path);
    if (text === undefined) return false;
    const content = parse(text, this.path);
    const changes = readJournal(readIfThere(this.journalPath) ?? "");
    this.store.load(afterChanges(content, changes));
    return true;
  }

  keep(): void {
    this.write();
    this.store.onChange(({ type, revision, resource, object }) => {
      this.append({ type, revision, resource, object });
    });
  }

  /** Folds the journal into the snapshot; nothing is kept after that. */
  close(): void {
    this.write();
    if (this.journal !== undefined) closeSync(this.journal);
    this.journal = undefined;
  }

  private get journalPath(): string {
    return `${this.path}.journal`;
  }

  private append(entry: JournalEntry): void {
    if (this.journal === undefined) return;
    writeSync(this.journal, `${JSON.stringify(entry)}\n`);
    this.journalled += 1;
    if (this.journalled >= JOURNAL_LENGTH) this.write();
  }

  /** By rename, so that the snapshot is always whole. A journal that is older than it does no harm. */
  private write(): void {
    const partial = `${this.path}.partial`;
    writeFileSync(partial, JSON.stringify(this.store.content()), {
      mode: 0o600,
    });
    renameSync(partial, this.path);
    if (this.journal !== undefined) closeSync(this.journal);
    this.journal = openSync(this.journalPath, "w", 0o600);
    this.journalled = 0;
  }
}

function readIfThere(path: string): string | undefined {
  try {
    return readFileSync(path, "utf8");
  } catch (error) {
    if ((error as NodeJS.ErrnoException).code === "ENOENT") return undefined;
    throw error;
  }
}

function parse(text: string, path: string): StoreContent {
  try {
    const content = JSON.parse(text) as Partial<StoreContent>;
    if (typeof content.revision === "number" && Array.isArray(content.objects))
      return content as StoreContent;
  } catch {
    // Answered below, like any other content that is no snapshot.
  }
  throw new Error(
    `${path} is no snapshot of a simulated cluster; remove it to start with an empty one.`,
  );
}

/** In the order of their revisions: a change that a listener made is in the journal before the one that it heard of. */
function readJournal(text: string): JournalEntry[] {
  // What follows the last line's end was being written when the process died: nobody was answered yet.
  const lines = text.split("\n").slice(0, -1);
  return lines
    .map((line) => JSON.parse(line) as JournalEntry)
    .toSorted((a, b) => a.revision - b.revision);
}

function afterChanges(
  content: StoreContent,
  changes: readonly JournalEntry[],
): StoreContent {
  const objects = new Map<string, { resource: string; object: KubeObject }>();
  const keyOf = (resource: string, { metadata }: KubeObject) =>
    `${resource} ${objectKey(metadata.namespace, metadata.name)}`;
  for (const kept of content.objects)
    objects.set(keyOf(kept.resource, kept.object), kept);
  const missed = changes.filter(({ revision }) => revision > content.revision);
  for (const { type, resource, object } of missed) {
    const key = keyOf(resource, object);
    if (type === "DELETED") objects.delete(key);
    else objects.set(key, { resource, object });
  }
  const revision = missed.at(-1)?.revision ?? content.revision;
  return { revision, objects: [...objects.values()] };
}
