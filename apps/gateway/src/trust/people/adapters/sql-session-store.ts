import type { SqlTransaction } from "../../../database/sql-transaction";
import type { Role } from "../../identity/domain/actor";
import {
  type NewSession,
  type SessionRecord,
  SessionStore,
  type SignedIn,
} from "../domain/session-store";

interface OwnerRow {
  organization_id: string;
  organization_code: string;
  session_id: string;
  issuer: string;
  authenticated_at: Date;
  amr: string[];
  expires_at: Date;
  user_id: string;
  user_number: number;
  login: string;
  name: string;
  role: Role;
}

export class SqlSessionStore extends SessionStore {
  constructor(private readonly transaction: SqlTransaction) {
    super();
  }

  override async ownerOf(secretHash: Buffer): Promise<SignedIn | undefined> {
    const row = await this.transaction.one<OwnerRow>(
      "select * from find_user_session($1)",
      [secretHash],
    );
    return row && signedIn(row);
  }

  // The link is asked for in the same statement; whoever is proven later than now by the provider's clock is proven now.
  override async add(session: NewSession): Promise<Date | undefined> {
    const row = await this.transaction.one<{ expires_at: Date }>(
      `insert into user_sessions (organization_id, id, user_id, identity_id, secret_hash, authenticated_at, amr, expires_at)
       select i.organization_id, $2, i.user_id, i.id, $5, least($6::timestamptz, now()), $7, now() + make_interval(secs => $8)
       from user_identities i where i.organization_id = $1 and i.user_id = $3 and i.id = $4 and i.ended_at is null
       returning expires_at`,
      [
        this.transaction.organization,
        session.id,
        session.userId,
        session.identityId,
        session.secretHash,
        session.authenticatedAt,
        JSON.stringify(session.amr),
        session.seconds,
      ],
    );
    return row?.expires_at;
  }

  override byId(id: string): Promise<SessionRecord | undefined> {
    return this.transaction.one(
      'select id, user_id as "userId" from user_sessions where organization_id = $1 and id = $2',
      [this.transaction.organization, id],
    );
  }

  override async end(id: string): Promise<boolean> {
    const ended = await this.transaction.run(
      "update user_sessions set ended_at = now() where organization_id = $1 and id = $2 and ended_at is null",
      [this.transaction.organization, id],
    );
    return ended > 0;
  }
}

function signedIn(row: OwnerRow): SignedIn {
  return {
    organizationCode: row.organization_code,
    displayName: row.name,
    actor: {
      organizationId: row.organization_id,
      type: "user",
      id: row.user_id,
      name: row.login,
      role: row.role,
      number: row.user_number,
      session: {
        id: row.session_id,
        issuer: row.issuer,
        authenticatedAt: row.authenticated_at,
        amr: row.amr,
        expiresAt: row.expires_at,
      },
    },
  };
}
