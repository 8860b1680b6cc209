import type { SqlTransaction } from "../../../database/sql-transaction";
import type { Role } from "../domain/actor";
import {
  type ApiKeyOwner,
  type NewApiKey,
  type NewUser,
  type Organization,
  UserStore,
} from "../domain/user-store";

interface OwnerRow {
  organization_id: string;
  user_id: string;
  user_number: number;
  login: string;
  role: Role;
}

export class SqlUserStore extends UserStore {
  constructor(private readonly transaction: SqlTransaction) {
    super();
  }

  override async ownerOfKey(
    secretHash: Buffer,
  ): Promise<ApiKeyOwner | undefined> {
    const row = await this.transaction.one<OwnerRow>(
      "select * from find_api_key($1)",
      [secretHash],
    );
    return (
      row && {
        organizationId: row.organization_id,
        userId: row.user_id,
        number: row.user_number,
        login: row.login,
        role: row.role,
      }
    );
  }

  override organizationByCode(code: string): Promise<Organization | undefined> {
    return this.transaction.one(
      "select id, code, name from organizations where code = $1",
      [code],
    );
  }

  override organizations(): Promise<readonly Organization[]> {
    return this.transaction.query(
      "select id, code, name from organizations order by number",
    );
  }

  override async ensureOrganization(
    organization: Organization,
  ): Promise<Organization> {
    await this.transaction.run(
      "insert into organizations (id, code, name) values ($1, $2, $3) on conflict (code) do nothing",
      [organization.id, organization.code, organization.name],
    );
    return (await this.organizationByCode(organization.code)) ?? organization;
  }

  override async ensureUser(
    user: NewUser,
  ): Promise<{ id: string; role: Role; isNew: boolean }> {
    const made = await this.transaction.run(
      `insert into users (organization_id, id, login, name, role) values ($1, $2, $3, $4, $5)
       on conflict (organization_id, login) do nothing`,
      [user.organizationId, user.id, user.login, user.name, user.role],
    );
    const row = await this.transaction.one<{ id: string; role: Role }>(
      "select id, role from users where organization_id = $1 and login = $2",
      [user.organizationId, user.login],
    );
    return { ...(row ?? user), isNew: made > 0 };
  }

  override async hasKey(
    organizationId: string,
    secretHash: Buffer,
  ): Promise<boolean> {
    const row = await this.transaction.one(
      "select 1 from api_keys where organization_id = $1 and secret_hash = $2",
      [organizationId, secretHash],
    );
    return row !== undefined;
  }

  override async addKey(key: NewApiKey): Promise<void> {
    await this.transaction.run(
      "insert into api_keys (organization_id, id, user_id, prefix, secret_hash) values ($1, $2, $3, $4, $5)",
      [key.organizationId, key.id, key.userId, key.prefix, key.secretHash],
    );
  }
}
