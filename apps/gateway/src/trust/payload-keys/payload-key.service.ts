import { Inject, Injectable, Logger } from "@nestjs/common";
import {
  encryptPayload,
  type Job,
  type OfferedJob,
  type PublicJwk,
  signPayload,
} from "@vworkspace/contract";
import { DomainError } from "@vworkspace/kernel";
import {
  calculateJwkThumbprint,
  type CryptoKey,
  importJWK,
  type JWK,
} from "jose";
import { type Stores, UnitOfWork } from "../../database/unit-of-work";
import {
  ClusterEncryptionKeyStore,
  type CredentialRef,
  type PayloadProtection,
  type PayloadRequirements,
} from "./domain/cluster-encryption-key-store";
import { PayloadKeyRing } from "./payload-key-rings";
import {
  PAYLOAD_KEY_OPTIONS,
  type PayloadKeyOptions,
} from "./payload-key-options";
import { publicJwk } from "./public-jwk";
import { SignedKeySets } from "./signed-key-sets";

const KEY_AGREEMENT = "ECDH-ES+A256KW";
const CURVES: readonly string[] = ["P-256", "X25519"];

/**
 * What an agent can verify of a job without trusting whoever carried it (agent contract, "Protection above TLS"): every job is
 * signed at the moment it is offered, by a key of a set that the trust root signs; and encrypted where the cluster asks for it.
 */
@Injectable()
export class PayloadKeyService {
  private readonly logger = new Logger("PayloadKeys");

  constructor(
    private readonly unitOfWork: UnitOfWork,
    private readonly keys: PayloadKeyRing,
    private readonly keySets: SignedKeySets,
    @Inject(PAYLOAD_KEY_OPTIONS) private readonly options: PayloadKeyOptions,
  ) {}

  /** What an agent pins at registration. */
  trustRoot(): Promise<PublicJwk> {
    return this.keySets.trustRoot();
  }

  /** The keys that payloads are signed by, signed by the trust root. */
  keySet(): Promise<string> {
    return this.keySets.of(this.keys, "payload");
  }

  /**
   * Keeps the key that an agent sent for a new credential. One that sends none can't verify or decrypt: it gets no credential
   * where that is asked for, unless it sent one before. Who registers may be another agent than before, without its keys.
   * @throws DomainError validation_failed
   */
  async keepRecipient(
    stores: Stores,
    credential: CredentialRef & {
      readonly clusterCode: string;
      readonly isRegistration: boolean;
    },
    sent: PublicJwk | undefined,
  ): Promise<void> {
    const { clusterCode, isRegistration } = credential;
    const store = stores.get(ClusterEncryptionKeyStore);
    const before = await store.protectionOf(credential);
    const recipient =
      sent === undefined ? undefined : await recipientFrom(sent);
    const last = isRegistration ? recipient : (recipient ?? before.recipient);
    requireRecipient(clusterCode, { ...before, recipient: last });
    if (isRegistration || recipient !== undefined)
      await store.add(credential, recipient);
  }

  /**
   * What an admin asks for counts at once, so that it is refused while the agent could not meet it. Asked of a cluster before
   * its agent registers, it decides which agent may.
   */
  async require(
    stores: Stores,
    cluster: {
      readonly clusterId: string;
      readonly clusterCode: string;
      readonly isRegistered: boolean;
    },
    changes: Partial<PayloadRequirements>,
  ): Promise<PayloadRequirements> {
    const store = stores.get(ClusterEncryptionKeyStore);
    const before = await store.newestProtectionOf(cluster.clusterId);
    const after = { ...before, ...changes };
    if (cluster.isRegistered) requireRecipient(cluster.clusterCode, after);
    await store.setRequirements(cluster.clusterId, after);
    return { isSigned: before.isSigned, isEncrypted: before.isEncrypted };
  }

  /**
   * Jobs as they go to the agent of a cluster: each signed now, and encrypted where that is asked for. None where that can't
   * be, as with a credential from before the agent gave a key: they stay offered and wait, rather than go out in clear.
   */
  async protect(
    cluster: CredentialRef & {
      readonly organizationId: string;
      readonly clusterCode: string;
    },
    jobs: readonly Job[],
  ): Promise<readonly OfferedJob[]> {
    if (jobs.length === 0) return [];
    const { organizationId, clusterCode } = cluster;
    const { current } = await this.keys.get();
    const protection = await this.unitOfWork.inOrganization(
      organizationId,
      (stores) => stores.get(ClusterEncryptionKeyStore).protectionOf(cluster),
    );
    const recipient = await recipientOf(protection);
    if (protection.isEncrypted && recipient === undefined) {
      this.logger.warn(
        `Jobs of cluster ${clusterCode} wait: its payloads are to be encrypted, and the credential that it polls with came without a key.`,
      );
      return [];
    }
    const expiresAt = protection.secondsNow + this.options.signatureSeconds;
    return Promise.all(
      jobs.map(async ({ payload, ...job }) => {
        const binding = { ...job, cluster: clusterCode };
        const signature = await signPayload(
          binding,
          payload,
          current,
          expiresAt,
        );
        if (recipient === undefined) return { ...job, payload, signature };
        const content = { payload, signature };
        return {
          ...job,
          encryptedPayload: await encryptPayload(content, recipient),
        };
      }),
    );
  }
}

function requireRecipient(
  clusterCode: string,
  { isSigned, isEncrypted, recipient }: PayloadProtection,
): void {
  if (recipient !== undefined || !(isSigned || isEncrypted)) return;
  throw new DomainError(
    "validation_failed",
    `Payloads of cluster ${clusterCode} are to be protected, and its agent has given no publicKey: let an agent that gives one register, or rotate its credential, or take require_signed_payloads and require_encrypted_payloads back.`,
  );
}

async function recipientOf({ isEncrypted, recipient }: PayloadProtection) {
  if (!isEncrypted || recipient === undefined) return undefined;
  const key = await importJWK(recipient.jwk as JWK, KEY_AGREEMENT);
  return { kid: recipient.kid, key: key as CryptoKey };
}

/** @throws DomainError validation_failed */
async function recipientFrom(sent: PublicJwk) {
  const jwk = publicJwk(sent);
  const own = await thumbprint(jwk);
  return { kid: sent.kid ?? own, jwk };
}

async function thumbprint(jwk: PublicJwk): Promise<string> {
  const isUsable = CURVES.includes(jwk.crv);
  const key =
    isUsable &&
    (await importJWK(jwk as JWK, KEY_AGREEMENT).catch(() => undefined));
  if (!key)
    throw new DomainError(
      "validation_failed",
      "publicKey is no key to encrypt to: give an EC key on P-256, or an OKP key on X25519, as JWK.",
    );
  return calculateJwkThumbprint(jwk as JWK);
}
