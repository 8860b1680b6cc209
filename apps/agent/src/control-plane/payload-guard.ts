import {
  decryptPayload,
  type EncryptionKey,
  type Job,
  type OfferedJob,
  PAYLOAD_ALGORITHM,
  type PayloadContent,
  type PayloadKeySet,
  type ProtectionRefusal,
  refuse,
  verifyKeySet,
  verifyPayload,
} from "@vworkspace/contract";
import type { Clock } from "@vworkspace/kernel";
import { type CryptoKey, importJWK, type JWK } from "jose";
import { type Log, reasonOf } from "../log";
import type { CredentialKeeper } from "./credential-keeper";
import type { StoredCredentials } from "./credential-store";
import { openEncryptionKeys } from "./encryption-keys";
import type { PayloadDemands } from "./payload-demands";
import type { Wire } from "./wire";

export interface PayloadGuardOptions {
  readonly keeper: CredentialKeeper;
  readonly wire: Wire;
  readonly clock: Clock;
  readonly log: Log;
  /** Milliseconds since the epoch, as right as the agent knows. */
  readonly now: () => number;
  readonly demands: () => Promise<PayloadDemands>;
  readonly requestTimeoutMs: number;
}

/** How far the agent's idea of time may be wrong. */
const TOLERANCE_SECONDS = 60;
/** The set is asked for a few times at once, as when keys change in a hurry, then once in so long, whatever keys jobs name. */
const REFRESHES = { atOnce: 3, everyMs: 10_000 };

type Opened = { readonly ok: true; readonly job: Job } | ProtectionRefusal;

/**
 * Lets through what the gateway itself has said, and reads what only this cluster can read (agent contract, "Protection above
 * TLS"). Once a trust root is pinned every job must be signed: a relay that ends TLS could leave a signature out as easily as
 * change a payload. Encryption can't be taken off by anybody else, so that it is asked for only where that is configured.
 */
export class PayloadGuard {
  private refreshedAt = -Infinity;
  /** How many of those at once are used up, at that moment. */
  private refreshes = 0;
  private refreshing: Promise<void> | undefined;
  private pinning: Promise<void> | undefined;
  private known:
    | { readonly jws: string; readonly root: string; readonly keys: KeySet }
    | undefined;

  constructor(private readonly options: PayloadGuardOptions) {}

  async open(offered: OfferedJob): Promise<Opened> {
    const content = await this.read(offered);
    if (!("payload" in content)) return content;
    const { payload, signature } = content;
    const refusal = await this.refusal(offered, payload, signature);
    if (refusal !== undefined) return refusal;
    const { signature: _, encryptedPayload: __, ...plain } = offered;
    return { ok: true, job: { ...plain, payload } };
  }

  private async read(
    offered: OfferedJob,
  ): Promise<PayloadContent | ProtectionRefusal> {
    const { payload = {}, signature, encryptedPayload } = offered;
    if (encryptedPayload === undefined) {
      const { isEncrypted } = await this.options.demands();
      return isEncrypted
        ? refuse(
            "not-encrypted",
            "The payload is not encrypted, and this cluster takes no other (VWORKSPACE_REQUIRE_ENCRYPTED_PAYLOADS, or spec.security of its Cluster object).",
          )
        : { payload, ...(signature !== undefined && { signature }) };
    }
    const keys = await this.encryptionKeys();
    const read = await decryptPayload(encryptedPayload, keys);
    return read.ok ? read.content : read;
  }

  private encryptionKeys(): Promise<readonly EncryptionKey[]> {
    return openEncryptionKeys(this.stored?.encryptionKeys ?? []);
  }

  private async refusal(
    offered: OfferedJob,
    payload: PayloadContent["payload"],
    signature: string | undefined,
  ): Promise<ProtectionRefusal | undefined> {
    if (signature !== undefined) await this.pinRoot();
    const { trustRoot, clusterId } = this.stored ?? {};
    if (trustRoot === undefined || clusterId === undefined)
      return (await this.options.demands()).isSigned
        ? noTrustRoot()
        : undefined;
    const job = {
      id: offered.id,
      cluster: clusterId,
      kind: offered.kind,
      idempotencyKey: offered.idempotencyKey,
    };
    const verify = async () => {
      const keys = await this.keys(trustRoot);
      return verifyPayload(job, payload, signature, {
        keyOf: (kid) => keys.get(kid),
        now: Math.floor(this.options.now() / 1000),
        toleranceSeconds: TOLERANCE_SECONDS,
      });
    };
    const first = await verify();
    const verdict =
      !first.ok && first.reason === "unknown-key" && (await this.refresh())
        ? await verify()
        : first;
    return verdict.ok ? undefined : verdict;
  }

  /**
   * A gateway that signs has a root to give, and gives it with the next credential: whoever registered when it had none, or
   * knew of none, takes it now. Once for a process: a control plane that gives none although it signs is another's.
   */
  private async pinRoot(): Promise<void> {
    const { keeper, log } = this.options;
    if (this.stored?.trustRoot !== undefined) return;
    this.pinning ??= keeper.rotate().catch((error: unknown) => {
      log.warn(
        { reason: reasonOf(error) },
        "The gateway signs jobs, and its trust root could not be had yet; it comes with the next credential.",
      );
    });
    await this.pinning;
  }

  private get stored(): StoredCredentials | undefined {
    return this.options.keeper.credentials;
  }

  /** The keys of the newest set that was seen; none before the first. */
  private async keys(root: string): Promise<KeySet> {
    const { payloadKeySet: jws } = this.stored ?? {};
    if (jws === undefined) return new Map();
    if (this.known?.jws !== jws || this.known.root !== root) {
      const verified = await verifyKeySet(jws, await publicKey(root), 0);
      const keys = verified.ok ? await importKeys(verified.set) : new Map();
      this.known = { jws, root, keys };
    }
    return this.known.keys;
  }

  /** Whether there is another set now. Jobs that come together share one look. */
  private async refresh(): Promise<boolean> {
    const before = this.stored?.payloadKeySet;
    if (this.mayRefresh()) this.refreshing = this.fetchSet();
    await this.refreshing;
    return this.stored?.payloadKeySet !== before;
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

  /**
   * The set as the gateway has it now, where the pinned root signed it and it is no older than the one that is held.
   * @throws ControlPlaneError where it can't be had: then nothing is known of the job either, and the poll has failed
   */
  private async fetchSet(): Promise<void> {
    const { keeper, wire, requestTimeoutMs } = this.options;
    const answer = await keeper.withToken((token) =>
      wire.send({
        method: "GET",
        path: "/payload-keys",
        token,
        timeoutMs: requestTimeoutMs,
      }),
    );
    const jws = (answer as { keySet?: unknown } | undefined)?.keySet;
    const { trustRoot, payloadKeySet } = this.stored ?? {};
    if (typeof jws !== "string" || trustRoot === undefined) return;
    const root = await publicKey(trustRoot);
    const held =
      payloadKeySet === undefined
        ? undefined
        : await verifyKeySet(payloadKeySet, root, 0);
    const newest = held?.ok === true ? held.set.version : 0;
    const verified = await verifyKeySet(jws, root, newest);
    if (verified.ok) await keeper.amend({ payloadKeySet: jws });
  }
}

type KeySet = ReadonlyMap<string, CryptoKey>;

async function importKeys({ keys }: PayloadKeySet): Promise<KeySet> {
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

function noTrustRoot(): ProtectionRefusal {
  return refuse(
    "unsigned",
    "This cluster takes signed jobs only (VWORKSPACE_REQUIRE_SIGNED_PAYLOADS, or spec.security of its Cluster object), and no trust root is pinned: register with a gateway that signs.",
  );
}
