import { Injectable } from "@nestjs/common";
import { ConfigurationError, SystemClock } from "@vworkspace/kernel";
import { importJWK, importPKCS8 } from "jose";
import { MasterKey } from "../../database/master-key";
import { UnitOfWork } from "../../database/unit-of-work";
import {
  type SealedSigningKey,
  type SigningKeyRow,
  SigningKeyStore,
} from "./domain/signing-key-store";

export const CLUSTER_TOKEN_PURPOSE = "cluster-token";

/** Of the ids that tokens were issued under before they named the gateway. */
const FIRST_ISSUER = "vworkspace";
/** The database is asked again no more often, however many unknown keys are named. */
const RELOAD_PAUSE_MS = 250;

type Key = Awaited<ReturnType<typeof importPKCS8>>;

export interface VerifyingKey {
  readonly algorithm: string;
  readonly key: Key;
}

/** What this replica knows of the keys. */
export interface KeyRing {
  readonly current: VerifyingKey & { readonly kid: string };
  readonly verifying: ReadonlyMap<string, VerifyingKey>;
  readonly issuers: ReadonlySet<string>;
  /** RFC 7517, as anybody may read it. */
  readonly published: readonly Readonly<Record<string, unknown>>[];
}

/** The signing keys of a purpose, those of cluster tokens if no other is named, in memory: read from the database at the start, in periods, and when one is named that isn't known. */
@Injectable()
export class SigningKeyRing {
  private readonly clock = new SystemClock();
  private loaded: Promise<KeyRing> | undefined;
  private loadedAt = 0;
  private reloading: Promise<KeyRing> | undefined;

  constructor(
    private readonly unitOfWork: UnitOfWork,
    private readonly masterKey: MasterKey,
    private readonly purpose: string = CLUSTER_TOKEN_PURPOSE,
  ) {}

  /** @throws ConfigurationError for a master key that the signing key isn't sealed with */
  get(): Promise<KeyRing> {
    return this.loaded ?? this.load();
  }

  /**
   * The ring as the database has it now. Who comes right after another waits a moment and shares one look with all who
   * come meanwhile: so no token is refused that another replica has just signed, and nobody can make many queries.
   */
  reload(): Promise<KeyRing> {
    this.reloading ??= this.reloadSoon().finally(
      () => (this.reloading = undefined),
    );
    return this.reloading;
  }

  private async reloadSoon(): Promise<KeyRing> {
    const pause = this.loadedAt + RELOAD_PAUSE_MS - this.clock.monotonic();
    if (pause > 0) await this.clock.sleep(pause);
    return this.load();
  }

  private load(): Promise<KeyRing> {
    const before = this.loaded;
    this.loadedAt = this.clock.monotonic();
    const loading = this.read(before);
    // What is known goes on counting while the database can't be asked; whoever asked is told that it can't.
    this.loaded = loading.catch((error: unknown) => {
      this.loaded = before;
      if (before) return before;
      throw error;
    });
    this.loaded.catch(() => undefined);
    return loading;
  }

  private async read(before?: Promise<KeyRing>): Promise<KeyRing> {
    const { rows, issuers } = await this.unitOfWork.asWorker(async (stores) => {
      const store = stores.get(SigningKeyStore);
      const found = await store.all(this.purpose);
      return { rows: found, issuers: await store.issuers() };
    });
    const current = rows.find(({ state }) => state === "current");
    if (!current)
      throw new Error(
        `The database holds no signing key of purpose ${this.purpose}.`,
      );
    const known = await before?.then(
      (ring) => ring.current,
      () => undefined,
    );
    return {
      // Opened once: it goes on signing here while it is being sealed under a master key that this replica doesn't have yet.
      current: known?.kid === current.kid ? known : await this.signer(current),
      verifying: new Map(await Promise.all(rows.map(verifyingKey))),
      issuers: new Set([FIRST_ISSUER, ...issuers]),
      published: rows.map((row) => ({
        ...row.publicJwk,
        kid: row.kid,
        alg: row.algorithm,
        use: "sig",
      })),
    };
  }

  private async signer(row: SealedSigningKey): Promise<KeyRing["current"]> {
    const { kid, algorithm } = row;
    return {
      kid,
      algorithm,
      key: await importPKCS8(this.open(row), algorithm),
    };
  }

  private open(key: SealedSigningKey): string {
    try {
      return this.masterKey
        .open(key.sealedPrivateKey, signingKeyContext(key.kid))
        .toString();
    } catch {
      throw new ConfigurationError(
        "The master key is not the one that this database's signing keys are sealed with: bring back that key file (VWORKSPACE_MASTER_KEY_FILE).",
      );
    }
  }
}

/** What a sealed private key is bound to: its place. */
export function signingKeyContext(kid: string): string {
  return `signing_keys:${kid}`;
}

async function verifyingKey(
  row: SigningKeyRow,
): Promise<readonly [string, VerifyingKey]> {
  const key = (await importJWK(row.publicJwk, row.algorithm)) as Key;
  return [row.kid, { algorithm: row.algorithm, key }];
}
