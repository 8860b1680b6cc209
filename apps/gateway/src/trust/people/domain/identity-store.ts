import type { ProviderIdentity } from "./provider-identity";

/** A user that an identity is linked to. */
export interface LinkedUser {
  readonly organizationId: string;
  readonly organizationCode: string;
  readonly organizationName: string;
  readonly identityId: string;
  readonly userId: string;
  readonly isActive: boolean;
}

export interface IdentityRecord {
  readonly id: string;
  readonly userId: string;
}

export interface NewIdentity extends ProviderIdentity {
  readonly id: string;
  readonly userId: string;
  /** UUID of the admin; undefined for the gateway's operator. */
  readonly linkedBy: string | undefined;
}

/** Which subject of which provider is which user. */
export abstract class IdentityStore {
  /** Of every organization, before any is known: by both values exactly, and live links only. */
  abstract linkedTo(identity: ProviderIdentity): Promise<readonly LinkedUser[]>;
  /** The live link of the organization. */
  abstract live(
    identity: ProviderIdentity,
  ): Promise<IdentityRecord | undefined>;
  abstract countLive(userId: string): Promise<number>;
  abstract add(identity: NewIdentity): Promise<void>;
  /** Ends the link and the sessions that it was used for. */
  abstract end(id: string): Promise<void>;
}
