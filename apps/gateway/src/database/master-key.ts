import {
  createCipheriv,
  createDecipheriv,
  createHash,
  createHmac,
  randomBytes,
} from "node:crypto";
import { existsSync } from "node:fs";
import { readFile, writeFile } from "node:fs/promises";
import { ConfigurationError } from "@vworkspace/kernel";

const KEY_BYTES = 32;
const NONCE_BYTES = 12;
const TAG_BYTES = 16;
/** What a sealed value begins with, before the id of its key; values of the first release have neither. */
const MARK = Buffer.from("vwk1");
const ID_BYTES = 8;

/**
 * The key under which the gateway seals its own keys. There is no mode without it. While it is being changed there are
 * several: the first seals, every one opens.
 */
export class MasterKey {
  private readonly keys: readonly SealingKey[];

  /** @param hashKey under which secrets are hashed; it outlives a change of the master key (docs/adr/0009) */
  constructor(
    readonly bytes: Buffer,
    private readonly others: readonly Buffer[] = [],
    private readonly hashKey: Buffer = others.at(-1) ?? bytes,
  ) {
    this.keys = [bytes, ...others].map((key) => new SealingKey(key));
  }

  /** Of the key that seals, in hex; what is sealed names it, and so may anybody. */
  get id(): string {
    return this.sealing.id.toString("hex");
  }

  /** The oldest of the keys: what was derived from it changes last. */
  get oldest(): Buffer {
    return this.others.at(-1) ?? this.bytes;
  }

  withHashKey(hashKey: Buffer): MasterKey {
    return new MasterKey(this.bytes, this.others, hashKey);
  }

  /** HMAC-SHA-256: what is stored of a secret of 256 random bits, so that a dump of the database proves nothing. */
  hash(purpose: string, secret: string): Buffer {
    return createHmac("sha256", this.hashKey)
      .update(`${purpose}:`)
      .update(secret)
      .digest();
  }

  /** AES-256-GCM; `context` (table, row, key id) is authenticated, so that a sealed value can't be moved to another row. */
  seal(plain: Buffer, context: string): Buffer {
    const { id } = this.sealing;
    return Buffer.concat([MARK, id, this.sealing.seal(plain, context)]);
  }

  /** @throws Error for what was changed, moved, or sealed by a key that isn't here */
  open(sealed: Buffer, context: string): Buffer {
    const named = this.keys.find((key) => key.id.equals(idOf(sealed)));
    if (named)
      return named.open(sealed.subarray(MARK.length + ID_BYTES), context);
    for (const key of this.keys.slice(0, -1)) {
      try {
        return key.open(sealed, context);
      } catch {
        // Of the first release, and of another key.
      }
    }
    return (this.keys.at(-1) ?? this.sealing).open(sealed, context);
  }

  /** Whether a value is sealed by the first of the keys, and says so. */
  isOfThis(sealed: Buffer): boolean {
    return this.sealing.id.equals(idOf(sealed));
  }

  private get sealing(): SealingKey {
    return this.keys[0] ?? new SealingKey(this.bytes);
  }
}

/** The id that a value names, or nothing that any key has. */
function idOf(sealed: Buffer): Buffer {
  return sealed.subarray(0, MARK.length).equals(MARK)
    ? sealed.subarray(MARK.length, MARK.length + ID_BYTES)
    : Buffer.alloc(0);
}

class SealingKey {
  readonly id: Buffer;
  private readonly key: Buffer;

  constructor(bytes: Buffer) {
    if (bytes.length !== KEY_BYTES)
      throw new ConfigurationError(
        "The master key must be 32 bytes in base64: openssl rand -base64 32.",
      );
    this.key = createHmac("sha256", bytes).update("seal").digest();
    this.id = createHash("sha256")
      .update("vworkspace-key-id:")
      .update(this.key)
      .digest()
      .subarray(0, ID_BYTES);
  }

  seal(plain: Buffer, context: string): Buffer {
    const nonce = randomBytes(NONCE_BYTES);
    const cipher = createCipheriv("aes-256-gcm", this.key, nonce);
    cipher.setAAD(Buffer.from(context));
    return Buffer.concat([
      nonce,
      cipher.update(plain),
      cipher.final(),
      cipher.getAuthTag(),
    ]);
  }

  open(sealed: Buffer, context: string): Buffer {
    const nonce = sealed.subarray(0, NONCE_BYTES);
    const decipher = createDecipheriv("aes-256-gcm", this.key, nonce, {
      authTagLength: TAG_BYTES,
    });
    decipher.setAAD(Buffer.from(context));
    decipher.setAuthTag(sealed.subarray(sealed.length - TAG_BYTES));
    return Buffer.concat([
      decipher.update(sealed.subarray(NONCE_BYTES, sealed.length - TAG_BYTES)),
      decipher.final(),
    ]);
  }
}

/** Reads the key; makes it (mode 600) where `mayMake` says that this is an embedded start. */
export async function readMasterKey(
  file: string | undefined,
  mayMake: boolean,
): Promise<MasterKey> {
  if (file === undefined) {
    throw new ConfigurationError(
      "VWORKSPACE_MASTER_KEY_FILE is not set: make a key with `openssl rand -base64 32 > master.key` and name the file.",
    );
  }
  if (!existsSync(file)) {
    if (!mayMake)
      throw new ConfigurationError(
        `VWORKSPACE_MASTER_KEY_FILE ${file} does not exist: make it with \`openssl rand -base64 32 > ${file}\`.`,
      );
    await writeFile(file, `${randomBytes(KEY_BYTES).toString("base64")}\n`, {
      mode: 0o600,
    });
  }
  return parseMasterKey(await readFile(file, "utf8"));
}

/** One key a line; the first seals. */
export function parseMasterKey(text: string): MasterKey {
  const lines = text.split("\n").map((line) => line.trim());
  const [first = Buffer.alloc(0), ...others] = lines
    .filter(Boolean)
    .map((line) => Buffer.from(line, "base64"));
  return new MasterKey(first, others);
}
