import type { ActorSession, UserActor } from "../../identity/domain/actor";

/** A person who is signed in, as the database knows him at this moment. */
export interface SignedIn {
  readonly actor: UserActor & { readonly session: ActorSession };
  /** The user's name, for people to read. */
  readonly displayName: string;
  readonly organizationCode: string;
}

export interface NewSession {
  readonly id: string;
  readonly userId: string;
  readonly identityId: string;
  readonly secretHash: Buffer;
  readonly authenticatedAt: Date;
  readonly amr: readonly string[];
  readonly seconds: number;
}

export interface SessionRecord {
  readonly id: string;
  readonly userId: string;
}

/** Who is signed in. Secrets come in hashed only. */
export abstract class SessionStore {
  /** Whose session has this hash; ended and expired ones, of ended links and of inactive users, are nobody's. */
  abstract ownerOf(secretHash: Buffer): Promise<SignedIn | undefined>;
  /** When it ends; undefined where the link is no longer live. */
  abstract add(session: NewSession): Promise<Date | undefined>;
  abstract byId(id: string): Promise<SessionRecord | undefined>;
  /** False where it had ended before. */
  abstract end(id: string): Promise<boolean>;
}
