import { LIMITS } from "@vworkspace/contract";
import type { SqlTransaction } from "../../../database/sql-transaction";
import {
  type CertificateRow,
  type CopiedKey,
  type Forgotten,
  type TenantRow,
  type TrustCopy,
  TrustCopyStore,
} from "../domain/trust-copy";

/** Rows of tenants, as two parameters of one length. */
const GIVEN = "unnest($1::uuid[], $2::uuid[]) as given (organization_id, id)";

export class SqlTrustCopyStore extends TrustCopyStore {
  constructor(private readonly transaction: SqlTransaction) {
    super();
  }

  override async takeTurn(): Promise<void> {
    await this.transaction.query(
      "select pg_advisory_xact_lock(hashtext('trust_copy'))",
    );
  }

  override async version(): Promise<number> {
    const row = await this.transaction.one<{ version: string }>(
      "select version from trust_version",
    );
    return Number(row?.version ?? 0);
  }

  override async read(): Promise<TrustCopy> {
    // First: what changes while the rest is read makes the copy older than it says at most, and it is written again.
    const version = await this.version();
    const signingKeys = await this.transaction.query<CopiedKey>(
      `select kid, purpose, algorithm, public_jwk as "publicJwk", encode(private_key, 'base64') as "sealedPrivateKey"
       from signing_keys where verifies_until is null or verifies_until > now() order by kid`,
    );
    const revokedClusters = await this.transaction.query<TenantRow>(
      `select organization_id as "organizationId", id from clusters where state = 'revoked' order by organization_id, id`,
    );
    const revokedCredentials = await this.transaction.query<TenantRow>(
      `select c.organization_id as "organizationId", c.id from cluster_credentials c
       join clusters k on k.organization_id = c.organization_id and k.id = c.cluster_id and k.state <> 'revoked'
       where c.revoked_at is not null and c.expires_at > now() - make_interval(secs => ${LIMITS.renewalSeconds})
       order by c.organization_id, c.id`,
    );
    const revokedCertificates = await this.transaction.query<CertificateRow>(
      `select organization_id as "organizationId", issuer, serial from cluster_certificates
       where revoked_at is not null and expires_at > now() order by organization_id, issuer, serial`,
    );
    return {
      version,
      signingKeys,
      revokedClusters,
      revokedCredentials,
      revokedCertificates,
    };
  }

  override async putRight(copy: TrustCopy): Promise<Forgotten> {
    const clusters = await this.revokeClusters(copy.revokedClusters);
    const credentials = await this.transaction.run(
      `update cluster_credentials c set revoked_at = now() from ${GIVEN}
       where c.organization_id = given.organization_id and c.id = given.id and c.revoked_at is null`,
      columns(copy.revokedCredentials),
    );
    const certificates = await this.revokeCertificates(
      copy.revokedCertificates,
    );
    const signingKeys = await this.addKeys(copy.signingKeys);
    await this.transaction.run(
      "update trust_version set version = greatest(version, $1) + 1",
      [copy.version],
    );
    return { clusters, credentials, certificates, signingKeys };
  }

  /** Those that were issued after the backup have no row any more, and count as little. */
  private revokeCertificates(
    revoked: readonly CertificateRow[],
  ): Promise<Forgotten["certificates"]> {
    return this.transaction.query(
      `update cluster_certificates c set revoked_at = now()
       from unnest($1::uuid[], $2::text[], $3::text[]) as given (organization_id, issuer, serial)
       where c.organization_id = given.organization_id and c.issuer = given.issuer and c.serial = given.serial and c.revoked_at is null
       returning c.organization_id as "organizationId", c.issuer, c.serial, c.cluster_id as "clusterId"`,
      [
        revoked.map(({ organizationId }) => organizationId),
        revoked.map(({ issuer }) => issuer),
        revoked.map(({ serial }) => serial),
      ],
    );
  }

  private async revokeClusters(
    revoked: readonly TenantRow[],
  ): Promise<Forgotten["clusters"]> {
    const rows = await this.transaction.query<TenantRow & { code: string }>(
      `update clusters k set state = 'revoked', updated_at = now() from ${GIVEN}
       where k.organization_id = given.organization_id and k.id = given.id and k.state <> 'revoked'
       returning k.organization_id as "organizationId", k.id, k.code`,
      columns(revoked),
    );
    for (const change of [
      "cluster_credentials c set revoked_at = now()",
      "registration_tokens c set used_at = now()",
    ]) {
      const column = change.includes("revoked_at") ? "revoked_at" : "used_at";
      await this.transaction.run(
        `update ${change} from ${GIVEN}
         where c.organization_id = given.organization_id and c.cluster_id = given.id and c.${column} is null`,
        columns(rows),
      );
    }
    return rows;
  }

  /** As keys that only verify: the database has its own that signs. */
  private addKeys(keys: readonly CopiedKey[]): Promise<number> {
    return this.transaction.run(
      `insert into signing_keys (kid, purpose, algorithm, public_jwk, private_key, retired_at, verifies_until)
       select k ->> 'kid', k ->> 'purpose', k ->> 'algorithm', k -> 'publicJwk', decode(k ->> 'sealedPrivateKey', 'base64'),
         now(), now() + make_interval(secs => ${LIMITS.tokenSeconds + LIMITS.renewalSeconds})
       from jsonb_array_elements($1::jsonb) k
       on conflict (kid) do nothing`,
      [JSON.stringify(keys)],
    );
  }
}

function columns(rows: readonly TenantRow[]): unknown[] {
  return [
    rows.map(({ organizationId }) => organizationId),
    rows.map(({ id }) => id),
  ];
}
