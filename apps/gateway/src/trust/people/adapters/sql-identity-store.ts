import type { SqlTransaction } from "../../../database/sql-transaction";
import {
  type IdentityRecord,
  IdentityStore,
  type LinkedUser,
  type NewIdentity,
} from "../domain/identity-store";
import type { ProviderIdentity } from "../domain/provider-identity";

export class SqlIdentityStore extends IdentityStore {
  constructor(private readonly transaction: SqlTransaction) {
    super();
  }

  override linkedTo({
    issuer,
    subject,
  }: ProviderIdentity): Promise<readonly LinkedUser[]> {
    return this.transaction.query(
      `select organization_id as "organizationId", organization_code as "organizationCode", organization_name as "organizationName",
         identity_id as "identityId", user_id as "userId", active as "isActive" from find_linked_users($1, $2)`,
      [issuer, subject],
    );
  }

  override live({
    issuer,
    subject,
  }: ProviderIdentity): Promise<IdentityRecord | undefined> {
    return this.transaction.one(
      `select id, user_id as "userId" from user_identities
       where organization_id = $1 and issuer = $2 and subject = $3 and ended_at is null`,
      [this.transaction.organization, issuer, subject],
    );
  }

  override async countLive(userId: string): Promise<number> {
    const row = await this.transaction.one<{ count: number }>(
      "select count(*)::integer as count from user_identities where organization_id = $1 and user_id = $2 and ended_at is null",
      [this.transaction.organization, userId],
    );
    return row?.count ?? 0;
  }

  override async add(identity: NewIdentity): Promise<void> {
    await this.transaction.run(
      "insert into user_identities (organization_id, id, user_id, issuer, subject, linked_by) values ($1, $2, $3, $4, $5, $6)",
      [
        this.transaction.organization,
        identity.id,
        identity.userId,
        identity.issuer,
        identity.subject,
        identity.linkedBy ?? null,
      ],
    );
  }

  override async end(id: string): Promise<void> {
    const values = [this.transaction.organization, id];
    await this.transaction.run(
      "update user_identities set ended_at = now() where organization_id = $1 and id = $2 and ended_at is null",
      values,
    );
    // They open nothing without the link already; so they also look ended, and the sweep removes them.
    await this.transaction.run(
      "update user_sessions set ended_at = now() where organization_id = $1 and identity_id = $2 and ended_at is null",
      values,
    );
  }
}
