import type { Role } from "./actor";

export interface Organization {
  readonly id: string;
  readonly code: string;
  readonly name: string;
}

export interface ApiKeyOwner {
  readonly organizationId: string;
  readonly userId: string;
  readonly number: number;
  readonly login: string;
  readonly role: Role;
}

/** Users, their organizations and API keys. Secrets come in hashed only. */
export abstract class UserStore {
  /** Whose key has this hash; revoked, expired and inactive ones are nobody's. */
  abstract ownerOfKey(secretHash: Buffer): Promise<ApiKeyOwner | undefined>;
  abstract organizationByCode(code: string): Promise<Organization | undefined>;
  abstract organizations(): Promise<readonly Organization[]>;
  /** Makes the organization, or finds the one of that code. */
  abstract ensureOrganization(
    organization: Organization,
  ): Promise<Organization>;
  /** Makes the user, or finds the one of that login; its role stays what it was. */
  abstract ensureUser(user: NewUser): Promise<{
    readonly id: string;
    readonly role: Role;
    readonly isNew: boolean;
  }>;
  abstract hasKey(organizationId: string, secretHash: Buffer): Promise<boolean>;
  abstract addKey(key: NewApiKey): Promise<void>;
}

export interface NewUser {
  readonly organizationId: string;
  readonly id: string;
  readonly login: string;
  readonly name: string;
  readonly role: Role;
}

export interface NewApiKey {
  readonly organizationId: string;
  readonly id: string;
  readonly userId: string;
  /** First characters of the key, by which a person recognises it. */
  readonly prefix: string;
  readonly secretHash: Buffer;
}
