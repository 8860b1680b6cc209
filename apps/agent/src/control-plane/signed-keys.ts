import {
  type KeySet,
  type KeySetUse,
  PAYLOAD_ALGORITHM,
  verifyKeySet,
} from "@vworkspace/contract";
import type { Clock } from "@vworkspace/kernel";
import { type CryptoKey, importJWK, type JWK } from "jose";
import type { CredentialKeeper } from "./credential-keeper";
import type { StoredCredentials } from "./credential-store";
import type { Wire } from "./wire";

export interface SignedKeysOptions {
  readonly keeper: CredentialKeeper;
  readonly wire: Wire;
  readonly clock: Clock;
  readonly requestTimeoutMs: number;
}

export type KeysByName = ReadonlyMap<string, CryptoKey>;

/** The set is asked for a few times at once, as when keys change in a hurry, then once in so long, whatever keys are named. */
const REFRESHES = { atOnce: 3, everyMs: 10_000 };
/** A key that the gateway trusts no more counts here for so long at most, while the gateway can be asked. */
const STALE_MS = 10 * 60_000;

/** Where each set is had, and kept. */
const PLACES = {
  payload: { path: "/payload-keys", field: "payloadKeySet" },
  approval: { path: "/approval-keys", field: "approvalKeySet" },
} as const satisfies Readonly<
  Record<KeySetUse, { path: string; field: keyof StoredCredentials }>
>;

/**
 * The newest set of the gateway's public keys for one use that was seen, under the trust root that is pinned. It is kept with
 * the credential, so that it outlives the process and counts while the gateway is away.
 */
export class SignedKeys {
  private refreshedAt = -Infinity;
  /** How many of those at once are used up, at that moment. */
  private refreshes = 0;
  private refreshing: Promise<void> | undefined;
  private known:
    | {
        readonly jws: string;
        readonly root: string;
        readonly keys: KeysByName;
      }
    | undefined;

  constructor(
    private readonly use: KeySetUse,
    private readonly options: SignedKeysOptions,
  ) {}

  /** When the gateway was last asked, by the clock's monotonic time; -Infinity: never by this process. */
  get askedAt(): number {
    return this.refreshedAt;
  }

  /** None before the first set. */
  async keys(): Promise<KeysByName> {
    const jws = this.held;
    const root = this.stored?.trustRoot;
    if (jws === undefined || root === undefined) return new Map();
    if (this.known?.jws !== jws || this.known.root !== root) {
      const demands = { use: this.use, atLeast: 0 };
      const verified = await verifyKeySet(jws, await publicKey(root), demands);
      const keys = verified.ok ? await importKeys(verified.set) : new Map();
      this.known = { jws, root, keys };
    }
    return this.known.keys;
  }

  /**
   * Whether there is another set now. Who asks at once shares one look.
   * @throws ControlPlaneError where it can't be had
   */
  async refresh(): Promise<boolean> {
    const before = this.held;
    if (this.mayRefresh()) this.refreshing = this.fetch();
    await this.refreshing;
    return this.held !== before;
  }

  /** As refresh(), for a key that is known, once its set has been held for long; false also where the gateway is away. */
  async refreshStale(): Promise<boolean> {
    const age = this.options.clock.monotonic() - this.refreshedAt;
    return age >= STALE_MS && this.refresh().catch(() => false);
  }

  private mayRefresh(): boolean {
    const now = this.options.clock.monotonic();
    const { atOnce, everyMs } = REFRESHES;
    const passed = (now - this.refreshedAt) / everyMs;
    const used = Math.max(0, this.refreshes - passed);
    if (used > atOnce - 1) return false;
    this.refreshes = used + 1;
    this.refreshedAt = now;
    return true;
  }

  /** The set as the gateway has it now, where the pinned root signed it and it is no older than the one that is held. */
  private async fetch(): Promise<void> {
    const { keeper, wire, requestTimeoutMs } = this.options;
    const { path, field } = PLACES[this.use];
    const answer = await keeper.withToken((token) =>
      wire.send({ method: "GET", path, token, timeoutMs: requestTimeoutMs }),
    );
    const jws = (answer as { keySet?: unknown } | undefined)?.keySet;
    const trustRoot = this.stored?.trustRoot;
    if (typeof jws !== "string" || trustRoot === undefined) return;
    const root = await publicKey(trustRoot);
    const atLeast = await this.versionHeld(root);
    const verified = await verifyKeySet(jws, root, { use: this.use, atLeast });
    if (verified.ok) await keeper.amend({ [field]: jws });
  }

  private async versionHeld(root: CryptoKey): Promise<number> {
    if (this.held === undefined) return 0;
    const demands = { use: this.use, atLeast: 0 };
    const held = await verifyKeySet(this.held, root, demands);
    return held.ok ? held.set.version : 0;
  }

  private get held(): string | undefined {
    return this.stored?.[PLACES[this.use].field];
  }

  private get stored(): StoredCredentials | undefined {
    return this.options.keeper.credentials;
  }
}

async function importKeys({ keys }: KeySet): Promise<KeysByName> {
  const imported = await Promise.all(
    keys.map(async ({ kty, crv, x, kid }) => {
      const key = await importJWK({ kty, crv, x }, PAYLOAD_ALGORITHM);
      return [kid, key] as const;
    }),
  );
  return new Map(imported);
}

async function publicKey(jwk: string): Promise<CryptoKey> {
  const { kty, crv, x } = JSON.parse(jwk) as JWK;
  const parts = { kty, crv, x } as JWK;
  return (await importJWK(parts, PAYLOAD_ALGORITHM)) as CryptoKey;
}
