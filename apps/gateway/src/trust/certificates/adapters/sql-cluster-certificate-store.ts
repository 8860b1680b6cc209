import type { SqlTransaction } from "../../../database/sql-transaction";
import { bumpTrustVersion } from "../../copy/adapters/bump-trust-version";
import {
  ClusterCertificateStore,
  type NewClusterCertificate,
  type RevokedCertificate,
} from "../domain/certificate-store";
import type { ReadCertificate } from "../domain/presented.decide";

export class SqlClusterCertificateStore extends ClusterCertificateStore {
  constructor(private readonly transaction: SqlTransaction) {
    super();
  }

  override async add(certificate: NewClusterCertificate): Promise<void> {
    await this.transaction.run(
      `insert into cluster_certificates (organization_id, issuer, serial, cluster_id, thumbprint, expires_at)
       values ($1, $2, $3, $4, $5, $6)`,
      [
        this.transaction.organization,
        certificate.issuer,
        certificate.serial,
        certificate.clusterId,
        certificate.thumbprint,
        certificate.expiresAt,
      ],
    );
  }

  override async isLive(certificate: ReadCertificate): Promise<boolean> {
    const row = await this.transaction.one(
      `select 1 from cluster_certificates c
       join clusters k on k.organization_id = c.organization_id and k.id = c.cluster_id and k.state <> 'revoked'
       where c.serial = $1 and c.issuer = $2 and c.thumbprint = $3 and c.cluster_id = $4
         and c.revoked_at is null and c.expires_at > now()`,
      [
        certificate.serial,
        certificate.issuer,
        certificate.thumbprint,
        certificate.clusterId,
      ],
    );
    return row !== undefined;
  }

  override async revoke(
    serial: string,
  ): ReturnType<ClusterCertificateStore["revoke"]> {
    const revoked = await this.transaction.one<RevokedCertificate>(
      `update cluster_certificates set revoked_at = now() where serial = $1 and revoked_at is null
       returning organization_id as "organizationId", cluster_id as "clusterId", thumbprint`,
      [serial],
    );
    if (revoked) await bumpTrustVersion(this.transaction);
    return revoked;
  }
}
