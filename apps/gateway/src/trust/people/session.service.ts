import { randomBytes } from "node:crypto";
import { Injectable } from "@nestjs/common";
import { DomainError, newId } from "@vworkspace/kernel";
import { MasterKey } from "../../database/master-key";
import { type Stores, UnitOfWork } from "../../database/unit-of-work";
import { AuditStore } from "../audit/domain/audit-store";
import type { UserActor } from "../identity/domain/actor";
import { UserStore } from "../identity/domain/user-store";
import { IdentityStore, type LinkedUser } from "./domain/identity-store";
import type { ProvenPerson } from "./domain/proven-person";
import { SessionStore, type SignedIn } from "./domain/session-store";

/** What the hash of a session's secret is made for: no API key has the same. */
const SESSION_PURPOSE = "user-session";
const SECRET = /^vws_[A-Za-z0-9_-]{43}$/;

export interface StartedSession {
  /** For the browser; kept nowhere else. */
  readonly secret: string;
  readonly expiresAt: Date;
}

/** Sessions of people. Whether one counts is asked of the database at every request. */
@Injectable()
export class SessionService {
  constructor(
    private readonly unitOfWork: UnitOfWork,
    private readonly masterKey: MasterKey,
  ) {}

  /** Who is signed in by a secret; undefined for whatever doesn't count. */
  async authenticate(secret: string): Promise<SignedIn | undefined> {
    if (!SECRET.test(secret)) return undefined;
    const hash = this.masterKey.hash(SESSION_PURPOSE, secret);
    return this.unitOfWork.beforeSignIn((stores) =>
      stores.get(SessionStore).ownerOf(hash),
    );
  }

  /** The users that a person of a provider can be, of every organization. */
  usersOf({ identity }: ProvenPerson): Promise<readonly LinkedUser[]> {
    return this.unitOfWork.beforeSignIn((stores) =>
      stores.get(IdentityStore).linkedTo(identity),
    );
  }

  /** Undefined where the user is not active or the link has ended meanwhile; that is audited. */
  async start(
    user: LinkedUser,
    person: ProvenPerson,
    from: { readonly address: string; readonly seconds: number },
  ): Promise<StartedSession | undefined> {
    const { organizationId, userId } = user;
    return this.unitOfWork.inOrganization(organizationId, async (stores) => {
      // Holds the row: who is being deactivated gets no session besides.
      const record = await stores.get(UserStore).lockUser(userId);
      if (!record) return undefined;
      const session = record.active
        ? await this.add(stores, user, { ...person, seconds: from.seconds })
        : undefined;
      const refused = record.active ? "unlinked" : "inactive";
      await stores.get(AuditStore).append(
        {
          organizationId,
          type: "user",
          id: userId,
          name: record.login,
          address: from.address,
        },
        {
          action: session ? "user.sign_in" : "user.refuse_sign_in",
          subject: { type: "user", id: userId },
          detail: {
            ...(session ? { session_id: session.id } : { reason: refused }),
            identity_id: user.identityId,
            issuer: person.identity.issuer,
          },
        },
      );
      return session;
    });
  }

  /** Ends the session that the person is signed in by. */
  async signOut({ actor }: SignedIn): Promise<void> {
    await this.unitOfWork.inOrganization(actor.organizationId, (stores) =>
      this.end(stores, actor, "user.sign_out", {
        id: actor.session.id,
        userId: actor.id,
      }),
    );
  }

  /** A repeat changes nothing. @throws DomainError not_found */
  async revoke(stores: Stores, actor: UserActor, id: string): Promise<void> {
    const session = await stores.get(SessionStore).byId(id);
    if (!session)
      throw new DomainError("not_found", "There is no such session.");
    await this.end(stores, actor, "user.revoke_session", session);
  }

  private async add(
    stores: Stores,
    { userId, identityId }: LinkedUser,
    proven: Pick<ProvenPerson, "authenticatedAt" | "amr"> & { seconds: number },
  ): Promise<(StartedSession & { readonly id: string }) | undefined> {
    const secret = `vws_${randomBytes(32).toString("base64url")}`;
    const { authenticatedAt, amr, seconds } = proven;
    const id = newId();
    const expiresAt = await stores.get(SessionStore).add({
      id,
      userId,
      identityId,
      secretHash: this.masterKey.hash(SESSION_PURPOSE, secret),
      authenticatedAt,
      amr,
      seconds,
    });
    return expiresAt && { id, secret, expiresAt };
  }

  private async end(
    stores: Stores,
    actor: UserActor,
    action: string,
    session: { readonly id: string; readonly userId: string },
  ): Promise<void> {
    if (!(await stores.get(SessionStore).end(session.id))) return;
    await stores.get(AuditStore).append(actor, {
      action,
      subject: { type: "user", id: session.userId },
      detail: { session_id: session.id },
    });
  }
}
