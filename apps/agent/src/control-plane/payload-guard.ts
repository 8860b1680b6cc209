import {
  decryptPayload,
  type EncryptionKey,
  type Job,
  type OfferedJob,
  type PayloadContent,
  type ProtectionRefusal,
  refuse,
  verifyPayload,
} from "@vworkspace/contract";
import { type Log, reasonOf } from "../log";
import type { CredentialKeeper } from "./credential-keeper";
import type { StoredCredentials } from "./credential-store";
import { openEncryptionKeys } from "./encryption-keys";
import type { PayloadDemands } from "./payload-demands";
import type { SignedKeys } from "./signed-keys";

export interface PayloadGuardOptions {
  readonly keeper: CredentialKeeper;
  readonly keys: SignedKeys;
  readonly log: Log;
  /** Milliseconds since the epoch, as right as the agent knows. */
  readonly now: () => number;
  readonly demands: () => Promise<PayloadDemands>;
}

/** How far the agent's idea of time may be wrong. */
const TOLERANCE_SECONDS = 60;

type Verdict = Awaited<ReturnType<typeof verifyPayload>>;
type Opened = { readonly ok: true; readonly job: Job } | ProtectionRefusal;

/**
 * Lets through what the gateway itself has said, and reads what only this cluster can read (agent contract, "Protection above
 * TLS"). Once a trust root is pinned every job must be signed: a relay that ends TLS could leave a signature out as easily as
 * change a payload. Encryption can't be taken off by anybody else, so that it is asked for only where that is configured.
 */
export class PayloadGuard {
  private pinning: Promise<void> | undefined;

  constructor(private readonly options: PayloadGuardOptions) {}

  /** @throws ControlPlaneError where the keys can't be had: then nothing is known of the job either, and the poll has failed */
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
      const keys = await this.options.keys.keys();
      return verifyPayload(job, payload, signature, {
        keyOf: (kid) => keys.get(kid),
        now: Math.floor(this.options.now() / 1000),
        toleranceSeconds: TOLERANCE_SECONDS,
      });
    };
    const first = await verify();
    const verdict = (await this.bringsOtherKeys(first))
      ? await verify()
      : first;
    return verdict.ok ? undefined : verdict;
  }

  /** Whether a look at the set, where one is due after such a verdict, has changed it. */
  private async bringsOtherKeys(verdict: Verdict): Promise<boolean> {
    const { keys } = this.options;
    if (verdict.ok) return keys.refreshStale();
    return verdict.reason === "unknown-key" && keys.refresh();
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
}

function noTrustRoot(): ProtectionRefusal {
  return refuse(
    "unsigned",
    "This cluster takes signed jobs only (VWORKSPACE_REQUIRE_SIGNED_PAYLOADS, or spec.security of its Cluster object), and no trust root is pinned: register with a gateway that signs.",
  );
}
