import { open, readFile, rename } from "node:fs/promises";
import { dirname } from "node:path";
import { ConfigurationError } from "@vworkspace/kernel";
import type { MasterKey } from "../../database/master-key";
import type { TrustCopy } from "./domain/trust-copy";

const CONTEXT = "trust-file:1";

/** The copy as a file, sealed as a whole: nobody without the master key can read it, change it or make one. */
export class TrustFile {
  constructor(
    readonly path: string,
    private readonly masterKey: MasterKey,
  ) {}

  /** Undefined where there is none yet. @throws ConfigurationError for one that isn't under this master key */
  async read(): Promise<TrustCopy | undefined> {
    const sealed = await readFile(this.path).catch((error: unknown) => {
      if ((error as NodeJS.ErrnoException).code === "ENOENT") return undefined;
      throw this.refusal("can't be read", error);
    });
    if (!sealed) return undefined;
    try {
      const plain = this.masterKey.open(sealed, CONTEXT);
      const copy = JSON.parse(plain.toString()) as TrustCopy;
      // A file that was written before single certificates stood in it names none.
      return { ...copy, revokedCertificates: copy.revokedCertificates ?? [] };
    } catch {
      throw new ConfigurationError(
        `VWORKSPACE_TRUST_FILE ${this.path} is damaged, or not of this master key: bring back the right one of the two. Only if the revocations in it don't matter, remove it.`,
      );
    }
  }

  /** The whole file or the former one, whatever happens meanwhile; on the disk when this returns. @throws ConfigurationError */
  async write(copy: TrustCopy): Promise<void> {
    const sealed = this.masterKey.seal(
      Buffer.from(JSON.stringify(copy)),
      CONTEXT,
    );
    const draft = `${this.path}.${process.pid}.tmp`;
    try {
      await writeThrough(draft, sealed);
      await rename(draft, this.path);
      await sync(dirname(this.path));
    } catch (error) {
      throw this.refusal("can't be written", error);
    }
  }

  private refusal(what: string, error: unknown): ConfigurationError {
    const code = (error as NodeJS.ErrnoException).code ?? "error";
    return new ConfigurationError(
      `VWORKSPACE_TRUST_FILE ${this.path} ${what} (${code}): name a file in a directory that the gateway may write, on a disk that outlives it.`,
    );
  }
}

async function writeThrough(path: string, bytes: Buffer): Promise<void> {
  const file = await open(path, "w", 0o600);
  try {
    await file.writeFile(bytes);
    await file.sync();
  } finally {
    await file.close();
  }
}

/** A rename is on the disk when its directory is. */
async function sync(directory: string): Promise<void> {
  const handle = await open(directory, "r");
  try {
    await handle.sync();
  } finally {
    await handle.close();
  }
}
