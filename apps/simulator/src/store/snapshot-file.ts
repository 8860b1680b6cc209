import { readFileSync, renameSync, writeFileSync } from "node:fs";
import type { Store, StoreContent } from "./store";

const DELAY_MS = 200;

/**
 * Keeps a store's content in a file (mode 600: it holds Secrets), so that a simulated cluster outlives its process. Written
 * at most every 200 ms, by rename, so that the file is always whole; what a crash loses is less than that.
 */
export class SnapshotFile {
  private timer: NodeJS.Timeout | undefined;

  constructor(
    private readonly path: string,
    private readonly store: Store,
  ) {}

  /** @returns whether there was a file. @throws Error naming the file when it cannot be read or is no snapshot */
  load(): boolean {
    let text: string;
    try {
      text = readFileSync(this.path, "utf8");
    } catch (error) {
      if ((error as NodeJS.ErrnoException).code === "ENOENT") return false;
      throw error;
    }
    this.store.load(parse(text, this.path));
    return true;
  }

  keep(): void {
    this.store.onChange(() => {
      this.timer ??= setTimeout(() => this.write(), DELAY_MS);
    });
  }

  /** Writes what is not written yet. */
  flush(): void {
    if (this.timer) this.write();
  }

  private write(): void {
    clearTimeout(this.timer);
    this.timer = undefined;
    const partial = `${this.path}.partial`;
    writeFileSync(partial, JSON.stringify(this.store.content()), {
      mode: 0o600,
    });
    renameSync(partial, this.path);
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
