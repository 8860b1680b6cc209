import type { SqlTransaction } from "../../../database/sql-transaction";
import type { ClusterState, CredentialRow } from "../domain/cluster";
import {
  CredentialStore,
  type NewCredential,
} from "../domain/credential-store";

interface Row {
  id: string;
  cluster_id: string;
  code: string;
  state: ClusterState;
  is_live: boolean;
  is_first_use: boolean;
  from_registration: boolean;
  successor_id: string | null;
}

/** Everything that depends on time is judged here, by the database's clock. */
const SELECT = `
  select c.id, c.cluster_id, k.code, k.state,
    (c.revoked_at is null and c.expires_at > now() and (c.grace_until is null or c.grace_until > now()) and k.state <> 'revoked') as is_live,
    c.first_used_at is null as is_first_use, c.registration_token_id is not null as from_registration, c.successor_id
  from cluster_credentials c join clusters k on k.organization_id = c.organization_id and k.id = c.cluster_id
  where c.organization_id = $1 and c.id = $2`;

export class SqlCredentialStore extends CredentialStore {
  constructor(private readonly transaction: SqlTransaction) {
    super();
  }

  override async addRegistrationToken(token: {
    id: string;
    clusterId: string;
    hash: Buffer;
    ttlSeconds: number;
  }): Promise<Date> {
    const row = await this.transaction.one<{ expires_at: Date }>(
      `insert into registration_tokens (organization_id, id, cluster_id, token_hash, expires_at)
       values ($1, $2, $3, $4, now() + make_interval(secs => $5)) returning expires_at`,
      [
        this.transaction.organization,
        token.id,
        token.clusterId,
        token.hash,
        token.ttlSeconds,
      ],
    );
    return row?.expires_at ?? new Date();
  }

  override findRegistrationToken(
    hash: Buffer,
  ): Promise<{ organizationId: string; tokenId: string } | undefined> {
    return this.transaction.one(
      `select organization_id as "organizationId", token_id as "tokenId" from find_registration_token($1)`,
      [hash],
    );
  }

  override async consumeRegistrationToken(
    tokenId: string,
  ): Promise<{ clusterId: string } | undefined> {
    // The row lock lets exactly one of many through: the others see used_at set once it has committed.
    return this.transaction.one(
      `update registration_tokens set used_at = now()
       where organization_id = $1 and id = $2 and used_at is null and expires_at > now() returning cluster_id as "clusterId"`,
      [this.transaction.organization, tokenId],
    );
  }

  override clusterOfToken(
    tokenId: string,
  ): Promise<{ clusterId: string; clusterCode: string } | undefined> {
    return this.transaction.one(
      `select t.cluster_id as "clusterId", k.code as "clusterCode"
       from registration_tokens t join clusters k on k.organization_id = t.organization_id and k.id = t.cluster_id
       where t.organization_id = $1 and t.id = $2 and t.used_at is null and t.expires_at > now() and k.state not in ('revoked', 'disabled')`,
      [this.transaction.organization, tokenId],
    );
  }

  override async add(credential: NewCredential): Promise<Date> {
    const row = await this.transaction.one<{ expires_at: Date }>(
      `insert into cluster_credentials (organization_id, id, cluster_id, registration_token_id, expires_at)
       values ($1, $2, $3, $4, now() + make_interval(secs => $5)) returning expires_at`,
      [
        this.transaction.organization,
        credential.id,
        credential.clusterId,
        credential.registrationTokenId ?? null,
        credential.ttlSeconds,
      ],
    );
    return row?.expires_at ?? new Date();
  }

  override find(credentialId: string): Promise<CredentialRow | undefined> {
    return this.select(SELECT, credentialId);
  }

  override async lock(
    credentialId: string,
  ): Promise<CredentialRow | undefined> {
    // Two statements: one that waits for the row would judge the rest as it was before it waited.
    await this.transaction.query(
      "select 1 from cluster_credentials where organization_id = $1 and id = $2 for update",
      [this.transaction.organization, credentialId],
    );
    return this.select(SELECT, credentialId);
  }

  override async noteFirstUse(credential: CredentialRow): Promise<number> {
    const noted = await this.transaction.run(
      "update cluster_credentials set first_used_at = now() where organization_id = $1 and id = $2 and first_used_at is null",
      [this.transaction.organization, credential.id],
    );
    if (noted === 0 || !credential.fromRegistration) return 0;
    return this.transaction.run(
      "update cluster_credentials set revoked_at = now() where organization_id = $1 and cluster_id = $2 and id <> $3 and revoked_at is null",
      [this.transaction.organization, credential.clusterId, credential.id],
    );
  }

  override async succeed(
    credential: CredentialRow,
    successorId: string,
    graceSeconds: number,
  ): Promise<void> {
    await this.transaction.run(
      `update cluster_credentials set successor_id = $3, grace_until = least(grace_until, now() + make_interval(secs => $4))
       where organization_id = $1 and id = $2`,
      [this.transaction.organization, credential.id, successorId, graceSeconds],
    );
  }

  override async takeBackSuccessor(
    credential: CredentialRow,
  ): Promise<boolean> {
    if (credential.successorId === undefined) return true;
    const deleted = await this.transaction.run(
      "delete from cluster_credentials where organization_id = $1 and id = $2 and first_used_at is null",
      [this.transaction.organization, credential.successorId],
    );
    return deleted > 0;
  }

  override async endPredecessor(credential: CredentialRow): Promise<void> {
    await this.transaction.run(
      "update cluster_credentials set revoked_at = now() where organization_id = $1 and cluster_id = $2 and successor_id = $3 and revoked_at is null",
      [this.transaction.organization, credential.clusterId, credential.id],
    );
  }

  override async hasAny(clusterId: string): Promise<boolean> {
    const row = await this.transaction.one(
      "select 1 from cluster_credentials where organization_id = $1 and cluster_id = $2 limit 1",
      [this.transaction.organization, clusterId],
    );
    return row !== undefined;
  }

  override async revokeAll(clusterId: string): Promise<void> {
    await this.transaction.run(
      "update cluster_credentials set revoked_at = now() where organization_id = $1 and cluster_id = $2 and revoked_at is null",
      [this.transaction.organization, clusterId],
    );
    await this.transaction.run(
      "update registration_tokens set used_at = now() where organization_id = $1 and cluster_id = $2 and used_at is null",
      [this.transaction.organization, clusterId],
    );
  }

  private async select(
    sql: string,
    credentialId: string,
  ): Promise<CredentialRow | undefined> {
    const row = await this.transaction.one<Row>(sql, [
      this.transaction.organization,
      credentialId,
    ]);
    return (
      row && {
        id: row.id,
        clusterId: row.cluster_id,
        clusterCode: row.code,
        clusterState: row.state,
        isLive: row.is_live,
        isFirstUse: row.is_first_use,
        fromRegistration: row.from_registration,
        successorId: row.successor_id ?? undefined,
      }
    );
  }
}
