import type { SqlTransaction } from "../../../database/sql-transaction";
import type { Role } from "../domain/actor";
import type { ApprovalTrust } from "../domain/organization-rules";
import {
  type ApiKeyOwner,
  type KeyRecord,
  type NamedUser,
  type NewApiKey,
  type NewOrganization,
  type NewUser,
  type Organization,
  type UserRecord,
  UserStore,
} from "../domain/user-store";

interface OwnerRow {
  organization_id: string;
  user_id: string;
  user_number: number;
  login: string;
  role: Role;
  key_id: string;
  scopes: string[];
  key_expires_at: Date | null;
}

const ORGANIZATION =
  'select id, code, name, approval_trust as "approvalTrust" from organizations';

export class SqlUserStore extends UserStore {
  constructor(private readonly transaction: SqlTransaction) {
    super();
  }

  override async ownerOfKey(
    secretHash: Buffer,
  ): Promise<ApiKeyOwner | undefined> {
    const row = await this.transaction.one<OwnerRow>(
      "select * from find_signed_in($1)",
      [secretHash],
    );
    return (
      row && {
        organizationId: row.organization_id,
        userId: row.user_id,
        number: row.user_number,
        login: row.login,
        role: row.role,
        key: {
          id: row.key_id,
          scopes: row.scopes,
          expiresAt: row.key_expires_at ?? undefined,
        },
      }
    );
  }

  override async named(
    logins: readonly (string | number | undefined)[],
  ): Promise<readonly NamedUser[]> {
    const texts = logins.filter((login) => typeof login === "string");
    const numbers = logins.filter((login) => typeof login === "number");
    return this.transaction.query<NamedUser>(
      `select organization_id as "organizationId", id as "userId", login, number from users where login = any ($1::text[])
       union select organization_id, id, login, number from users where number = any ($2::integer[])`,
      [texts, numbers],
    );
  }

  override organizationByCode(code: string): Promise<Organization | undefined> {
    return this.transaction.one(`${ORGANIZATION} where code = $1`, [code]);
  }

  override organizations(): Promise<readonly Organization[]> {
    return this.transaction.query(`${ORGANIZATION} order by number`);
  }

  override async ensureOrganization(
    organization: NewOrganization,
  ): Promise<Organization & { isNew: boolean }> {
    const made = await this.transaction.run(
      "insert into organizations (id, code, name) values ($1, $2, $3) on conflict (code) do nothing",
      [organization.id, organization.code, organization.name],
    );
    const found = await this.organizationByCode(organization.code);
    const asMade = { ...organization, approvalTrust: "personal" } as const;
    return { ...(found ?? asMade), isNew: made > 0 };
  }

  override lockOrganization(): Promise<Organization | undefined> {
    return this.transaction.one(`${ORGANIZATION} where id = $1 for update`, [
      this.transaction.organization,
    ]);
  }

  override async renameOrganization(name: string): Promise<void> {
    await this.transaction.run(
      "update organizations set name = $2 where id = $1",
      [this.transaction.organization, name],
    );
  }

  override async approvalTrust(): Promise<ApprovalTrust> {
    const row = await this.transaction.one<Organization>(
      `${ORGANIZATION} where id = $1`,
      [this.transaction.organization],
    );
    return row?.approvalTrust ?? "personal";
  }

  override lockOrganizationOf(code: string): Promise<Organization | undefined> {
    return this.transaction.one(`${ORGANIZATION} where code = $1 for update`, [
      code,
    ]);
  }

  override async setApprovalTrust(
    id: string,
    trust: ApprovalTrust,
  ): Promise<void> {
    await this.transaction.run(
      "update organizations set approval_trust = $2 where id = $1",
      [id, trust],
    );
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
      `insert into api_keys (organization_id, id, user_id, prefix, secret_hash, name, scopes, expires_at, issued_by)
       values ($1, $2, $3, $4, $5, $6, $7, $8, $9)`,
      [
        key.organizationId,
        key.id,
        key.userId,
        key.prefix,
        key.secretHash,
        key.name ?? "",
        JSON.stringify(key.scopes ?? ["all"]),
        key.expiresAt ?? null,
        key.issuedBy ?? null,
      ],
    );
  }

  override async idOfLogin(login: string): Promise<string | undefined> {
    const row = await this.transaction.one<{ id: string }>(
      "select id from users where organization_id = $1 and login = $2",
      [this.transaction.organization, login],
    );
    return row?.id;
  }

  override lockUser(id: string): Promise<UserRecord | undefined> {
    return this.transaction.one(
      "select id, login, name, role, active from users where organization_id = $1 and id = $2 for update",
      [this.transaction.organization, id],
    );
  }

  // In one order, whoever asks. A row that another transaction has just changed is judged as that one left it.
  override async lockActiveAdmins(): Promise<readonly string[]> {
    const rows = await this.transaction.query<{ id: string }>(
      "select id from users where organization_id = $1 and role = 'admin' and active order by id for update",
      [this.transaction.organization],
    );
    return rows.map(({ id }) => id);
  }

  override async saveUser(user: UserRecord): Promise<void> {
    await this.transaction.run(
      "update users set name = $3, role = $4, active = $5 where organization_id = $1 and id = $2",
      [
        this.transaction.organization,
        user.id,
        user.name,
        user.role,
        user.active,
      ],
    );
  }

  override keyById(id: string): Promise<KeyRecord | undefined> {
    return this.transaction.one(
      'select id, user_id as "userId", prefix from api_keys where organization_id = $1 and id = $2',
      [this.transaction.organization, id],
    );
  }

  override async countLiveKeys(userId: string): Promise<number> {
    const row = await this.transaction.one<{ count: number }>(
      `select count(*)::integer as count from api_keys
       where organization_id = $1 and user_id = $2 and revoked_at is null and (expires_at is null or expires_at > now())`,
      [this.transaction.organization, userId],
    );
    return row?.count ?? 0;
  }

  override async revokeKey(id: string): Promise<boolean> {
    const revoked = await this.transaction.run(
      "update api_keys set revoked_at = now() where organization_id = $1 and id = $2 and revoked_at is null",
      [this.transaction.organization, id],
    );
    return revoked > 0;
  }

  override async touchKeys(
    keys: readonly { organizationId: string; id: string }[],
  ): Promise<void> {
    await this.transaction.run(
      `update api_keys k set last_used_at = now()
       from unnest($1::uuid[], $2::uuid[]) as used (organization_id, id)
       where k.organization_id = used.organization_id and k.id = used.id`,
      [
        keys.map(({ organizationId }) => organizationId),
        keys.map(({ id }) => id),
      ],
    );
  }
}
