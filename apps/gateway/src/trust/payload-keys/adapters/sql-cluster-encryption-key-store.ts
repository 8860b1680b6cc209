import type { PublicJwk } from "@vworkspace/contract";
import type { SqlTransaction } from "../../../database/sql-transaction";
import {
  ClusterEncryptionKeyStore,
  type CredentialRef,
  type PayloadProtection,
  type PayloadRequirements,
} from "../domain/cluster-encryption-key-store";

interface Row {
  now: number;
  is_signed: boolean;
  is_encrypted: boolean;
  kid: string | null;
  public_jwk: PublicJwk | null;
}

/** No id is after it. */
const NEWEST = "ffffffff-ffff-ffff-ffff-ffffffffffff";

export class SqlClusterEncryptionKeyStore extends ClusterEncryptionKeyStore {
  constructor(private readonly transaction: SqlTransaction) {
    super();
  }

  override async add(
    { clusterId, credentialId }: CredentialRef,
    recipient: PayloadProtection["recipient"],
  ): Promise<void> {
    await this.transaction.run(
      `insert into cluster_encryption_keys (organization_id, credential_id, cluster_id, kid, public_jwk)
       values ($1, $2, $3, $4, $5)`,
      [
        this.transaction.organization,
        credentialId,
        clusterId,
        recipient?.kid ?? null,
        recipient === undefined ? null : JSON.stringify(recipient.jwk),
      ],
    );
  }

  override protectionOf(credential: CredentialRef): Promise<PayloadProtection> {
    return this.protection(credential.clusterId, credential.credentialId);
  }

  override newestProtectionOf(clusterId: string): Promise<PayloadProtection> {
    return this.protection(clusterId, NEWEST);
  }

  /** @param credentialId the last one whose key may count; ids are time-ordered */
  private async protection(
    clusterId: string,
    credentialId: string,
  ): Promise<PayloadProtection> {
    const row = await this.transaction.one<Row>(
      `select floor(extract(epoch from clock_timestamp()))::float8 as now, k.require_signed_payloads as is_signed, k.require_encrypted_payloads as is_encrypted, e.kid, e.public_jwk from clusters k
       left join lateral (
         select kid, public_jwk from cluster_encryption_keys e
         where e.organization_id = k.organization_id and e.cluster_id = k.id and e.credential_id <= $3
         order by e.credential_id desc limit 1) e on true
       where k.organization_id = $1 and k.id = $2`,
      [this.transaction.organization, clusterId, credentialId],
    );
    if (row === undefined) throw new Error(`Cluster ${clusterId} is gone.`);
    const { kid, public_jwk: jwk } = row;
    return {
      secondsNow: row.now,
      isSigned: row.is_signed,
      isEncrypted: row.is_encrypted,
      recipient: kid && jwk ? { kid, jwk } : undefined,
    };
  }

  override async setRequirements(
    clusterId: string,
    { isSigned, isEncrypted }: PayloadRequirements,
  ): Promise<void> {
    await this.transaction.run(
      `update clusters set require_signed_payloads = $3, require_encrypted_payloads = $4, updated_at = now()
       where organization_id = $1 and id = $2`,
      [this.transaction.organization, clusterId, isSigned, isEncrypted],
    );
  }
}
