import { LIMITS } from "@vworkspace/contract";
import type { SqlTransaction } from "../../../database/sql-transaction";
import { bumpTrustVersion } from "../../../trust/copy/adapters/bump-trust-version";
import type { ClusterState, CredentialRow } from "../domain/cluster";
import {
  type ClaimedTimes,
  CredentialStore,
  type Lifetime,
  type NewCredential,
  type RegistrationTokenRow,
  type UnconfirmedRegistration,
} from "../domain/credential-store";
import type {
  Confirmation,
  TokenMode,
} from "../domain/sender-constraint.decide";

interface Row {
  id: string;
  cluster_id: string;
  code: string;
  state: ClusterState;
  token_mode: TokenMode;
  confirmation: Confirmation | null;
  certificate_key: string | null;
  is_live: boolean;
  is_renewable: boolean;
  is_first_use: boolean;
  from_registration: boolean;
  is_unconfirmed: boolean;
  successor_id: string | null;
}

/** Everything that depends on time is judged here, by the database's clock: the row's times, and the token's own ($3, $4). */
const SELECT = `
  select c.id, c.cluster_id, k.code, k.state, k.token_mode, c.confirmation, c.certificate_key,
    (c.is_good and c.expires_at > now() and ($3::float8 is null or to_timestamp($3) > now())) as is_live,
    (c.is_good and c.expires_at > now() - make_interval(secs => ${LIMITS.renewalSeconds})) as is_renewable,
    c.first_used_at is null as is_first_use, c.registration_token_id is not null as from_registration, c.is_unconfirmed, c.successor_id
  from (select *, revoked_at is null and (grace_until is null or grace_until > now())
      and ($4::float8 is null or to_timestamp($4) <= now()) as is_good
    from cluster_credentials where organization_id = $1 and id = $2) c
  join clusters k on k.organization_id = c.organization_id and k.id = c.cluster_id and k.state <> 'revoked'`;

/** The year 9999: PostgreSQL refuses later ones, and a token that names one has no end. */
const LAST_SECOND = 253_402_300_799;

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

  override registrationToken(
    tokenId: string,
  ): Promise<RegistrationTokenRow | undefined> {
    return this.transaction.one(
      `select * from (
         select t.cluster_id as "clusterId", k.code as "clusterCode",
           t.used_at is null and t.expires_at > now() as "isUnused",
           coalesce(t.used_at > now() - make_interval(secs => ${LIMITS.registrationRetrySeconds}), false) as "isRepeatable"
         from registration_tokens t join clusters k on k.organization_id = t.organization_id and k.id = t.cluster_id
         where t.organization_id = $1 and t.id = $2 and k.state not in ('revoked', 'disabled')) token
       where "isUnused" or "isRepeatable"`,
      [this.transaction.organization, tokenId],
    );
  }

  override async takeBackRegistered(
    tokenId: string,
    keyThumbprint: string,
  ): Promise<boolean> {
    const deleted = await this.transaction.run(
      `delete from cluster_credentials where organization_id = $1 and registration_token_id = $2
         and confirmation ->> 'jkt' = $3 and first_used_at is null and successor_id is null and revoked_at is null`,
      [this.transaction.organization, tokenId, keyThumbprint],
    );
    return deleted > 0;
  }

  override async asksConfirmation(clusterId: string): Promise<boolean> {
    const row = await this.transaction.one(
      `select 1 from policies where organization_id = $1 and (cluster_id is null or cluster_id = $2) and confirm_registration`,
      [this.transaction.organization, clusterId],
    );
    return row !== undefined;
  }

  override newestUnconfirmed(
    clusterId: string,
  ): Promise<UnconfirmedRegistration | undefined> {
    return this.transaction.one(
      `select id as "credentialId", coalesce(confirmation, '{}') as confirmation, registered_uid as "clusterUid", registered_address as address
       from cluster_credentials where organization_id = $1 and cluster_id = $2 and is_unconfirmed and revoked_at is null
         and expires_at > now() order by id desc limit 1`,
      [this.transaction.organization, clusterId],
    );
  }

  override async confirm(
    clusterId: string,
    credentialId: string,
  ): Promise<void> {
    await this.transaction.run(
      `update cluster_credentials set is_unconfirmed = (id <> $3), revoked_at = case when id = $3 then revoked_at else coalesce(revoked_at, now()) end
       where organization_id = $1 and cluster_id = $2 and is_unconfirmed`,
      [this.transaction.organization, clusterId, credentialId],
    );
  }

  override async add(credential: NewCredential): Promise<Lifetime> {
    const { registration } = credential;
    const row = await this.transaction.one<Lifetime>(
      `insert into cluster_credentials (organization_id, id, cluster_id, registration_token_id, confirmation, certificate_key,
         is_unconfirmed, registered_uid, registered_address, expires_at)
       values ($1, $2, $3, $4, $5, $6, $7, $8, $9, now() + make_interval(secs => $10))
       returning created_at as "issuedAt", expires_at as "expiresAt"`,
      [
        this.transaction.organization,
        credential.id,
        credential.clusterId,
        registration?.tokenId ?? null,
        JSON.stringify(credential.confirmation),
        credential.certificateKey ?? null,
        credential.isUnconfirmed,
        registration?.clusterUid ?? null,
        registration?.address ?? null,
        credential.ttlSeconds,
      ],
    );
    if (!row) throw new Error("The database returned no row for a credential.");
    return row;
  }

  override find(
    credentialId: string,
    times?: ClaimedTimes,
  ): Promise<CredentialRow | undefined> {
    return this.select(credentialId, times);
  }

  override newestLive(
    clusterId: string,
  ): Promise<{ confirmation: Confirmation } | undefined> {
    return this.transaction.one(
      `select coalesce(confirmation, '{}') as confirmation from cluster_credentials
       where organization_id = $1 and cluster_id = $2 and revoked_at is null and expires_at > now()
         and (grace_until is null or grace_until > now()) and not is_unconfirmed order by id desc limit 1`,
      [this.transaction.organization, clusterId],
    );
  }

  override async lock(
    credentialId: string,
  ): Promise<CredentialRow | undefined> {
    // Two statements: one that waits for the row would judge the rest as it was before it waited.
    await this.transaction.query(
      "select 1 from cluster_credentials where organization_id = $1 and id = $2 for update",
      [this.transaction.organization, credentialId],
    );
    return this.select(credentialId);
  }

  override async noteFirstUse(credential: CredentialRow): Promise<number> {
    const noted = await this.transaction.run(
      "update cluster_credentials set first_used_at = now() where organization_id = $1 and id = $2 and first_used_at is null",
      [this.transaction.organization, credential.id],
    );
    if (noted === 0 || !credential.fromRegistration) return 0;
    const ended = await this.transaction.run(
      "update cluster_credentials set revoked_at = now() where organization_id = $1 and cluster_id = $2 and id <> $3 and revoked_at is null",
      [this.transaction.organization, credential.clusterId, credential.id],
    );
    if (ended > 0) await bumpTrustVersion(this.transaction);
    return ended;
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

  override async hasConfirmed(clusterId: string): Promise<boolean> {
    const row = await this.transaction.one(
      "select 1 from cluster_credentials where organization_id = $1 and cluster_id = $2 and not is_unconfirmed limit 1",
      [this.transaction.organization, clusterId],
    );
    return row !== undefined;
  }

  override async endUnusedTokens(clusterId: string): Promise<void> {
    await this.transaction.run(
      "update registration_tokens set used_at = now() where organization_id = $1 and cluster_id = $2 and used_at is null",
      [this.transaction.organization, clusterId],
    );
  }

  override async revokeAll(clusterId: string): Promise<void> {
    await this.transaction.run(
      "update cluster_credentials set revoked_at = now() where organization_id = $1 and cluster_id = $2 and revoked_at is null",
      [this.transaction.organization, clusterId],
    );
    await this.endUnusedTokens(clusterId);
    await bumpTrustVersion(this.transaction);
  }

  private async select(
    credentialId: string,
    times?: ClaimedTimes,
  ): Promise<CredentialRow | undefined> {
    const row = await this.transaction.one<Row>(SELECT, [
      this.transaction.organization,
      credentialId,
      seconds(times?.expires),
      seconds(times?.notBefore),
    ]);
    return row && credentialRow(row);
  }
}

function seconds(time: number | undefined): number | null {
  if (time === undefined) return null;
  return Math.max(0, Math.min(time, LAST_SECOND));
}

function credentialRow(row: Row): CredentialRow {
  return {
    id: row.id,
    clusterId: row.cluster_id,
    clusterCode: row.code,
    clusterState: row.state,
    tokenMode: row.token_mode,
    confirmation: row.confirmation ?? {},
    certificateKey: row.certificate_key ?? undefined,
    isLive: row.is_live,
    isRenewable: row.is_renewable,
    isFirstUse: row.is_first_use,
    fromRegistration: row.from_registration,
    isUnconfirmed: row.is_unconfirmed,
    successorId: row.successor_id ?? undefined,
  };
}
