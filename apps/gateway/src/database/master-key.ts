import {
  createCipheriv,
  createDecipheriv,
  createHmac,
  randomBytes,
} from "node:crypto";
import { existsSync } from "node:fs";
import { readFile, writeFile } from "node:fs/promises";
import { ConfigurationError } from "@vworkspace/kernel";

const KEY_BYTES = 32;
const NONCE_BYTES = 12;
const TAG_BYTES = 16;

/** The key under which the gateway seals its own keys and hashes secrets. There is no mode without it. */
export class MasterKey {
  constructor(readonly bytes: Buffer) {
    if (bytes.length !== KEY_BYTES)
      throw new ConfigurationError(
        "The master key must be 32 bytes in base64: openssl rand -base64 32.",
      );
  }

  /** HMAC-SHA-256: what is stored of a secret of 256 random bits, so that a dump of the database proves nothing. */
  hash(purpose: string, secret: string): Buffer {
    return createHmac("sha256", this.bytes)
      .update(`${purpose}:`)
      .update(secret)
      .digest();
  }

  /** AES-256-GCM; `context` (table, row, key id) is authenticated, so that a sealed value can't be moved to another row. */
  seal(plain: Buffer, context: string): Buffer {
    const nonce = randomBytes(NONCE_BYTES);
    const cipher = createCipheriv("aes-256-gcm", this.sealingKey(), nonce);
    cipher.setAAD(Buffer.from(context));
    return Buffer.concat([
      nonce,
      cipher.update(plain),
      cipher.final(),
      cipher.getAuthTag(),
    ]);
  }

  open(sealed: Buffer, context: string): Buffer {
    const decipher = createDecipheriv(
      "aes-256-gcm",
      this.sealingKey(),
      sealed.subarray(0, NONCE_BYTES),
    );
    decipher.setAAD(Buffer.from(context));
    decipher.setAuthTag(sealed.subarray(sealed.length - TAG_BYTES));
    return Buffer.concat([
      decipher.update(sealed.subarray(NONCE_BYTES, sealed.length - TAG_BYTES)),
      decipher.final(),
    ]);
  }

  private sealingKey(): Buffer {
    return createHmac("sha256", this.bytes).update("seal").digest();
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
  return new MasterKey(
    Buffer.from((await readFile(file, "utf8")).trim(), "base64"),
  );
}
