import type { ActorKey, Role } from "./actor";
import type { ApprovalTrust } from "./organization-rules";

export interface Organization {
  readonly id: string;
  readonly code: string;
  readonly name: string;
  readonly approvalTrust: ApprovalTrust;
}

export type NewOrganization = Omit<Organization, "approvalTrust">;

export interface ApiKeyOwner {
  readonly organizationId: string;
  readonly userId: string;
  readonly number: number;
  readonly login: string;
  readonly role: Role;
  readonly key: ActorKey;
}

/** A user as its organization's admins know it. */
export interface UserRecord {
  readonly id: string;
  readonly login: string;
  readonly name: string;
  readonly role: Role;
  readonly active: boolean;
}

/** Users, their organizations and API keys. Secrets come in hashed only. */
export abstract class UserStore {
  /** Whose key has this hash; revoked, expired and inactive ones are nobody's. */
  abstract ownerOfKey(secretHash: Buffer): Promise<ApiKeyOwner | undefined>;
  /** Users of any organization with one of these logins or numbers. For the worker. */
  abstract named(
    logins: readonly (string | number | undefined)[],
  ): Promise<readonly NamedUser[]>;
  abstract organizationByCode(code: string): Promise<Organization | undefined>;
  abstract organizations(): Promise<readonly Organization[]>;
  /** Makes the organization, or finds the one of that code. */
  abstract ensureOrganization(
    organization: NewOrganization,
  ): Promise<Organization & { readonly isNew: boolean }>;
  /** The own organization, waiting for whoever else is changing it. */
  abstract lockOrganization(): Promise<Organization | undefined>;
  abstract renameOrganization(name: string): Promise<void>;
  /** Of the own organization. */
  abstract approvalTrust(): Promise<ApprovalTrust>;
  /** The one of that code, waiting for whoever else is changing it. For the worker, as the change is. */
  abstract lockOrganizationOf(code: string): Promise<Organization | undefined>;
  abstract setApprovalTrust(id: string, trust: ApprovalTrust): Promise<void>;
  /** Makes the user, or finds the one of that login; its role stays what it was. */
  abstract ensureUser(user: NewUser): Promise<{
    readonly id: string;
    readonly role: Role;
    readonly isNew: boolean;
  }>;
  abstract hasKey(organizationId: string, secretHash: Buffer): Promise<boolean>;
  abstract addKey(key: NewApiKey): Promise<void>;
  /** UUID of the user of that login. */
  abstract idOfLogin(login: string): Promise<string | undefined>;
  /** Waits for whoever else is changing the user. */
  abstract lockUser(id: string): Promise<UserRecord | undefined>;
  /** UUIDs of the active admins. Waits for whoever else asks, so that two can't each remove the other. */
  abstract lockActiveAdmins(): Promise<readonly string[]>;
  abstract saveUser(user: UserRecord): Promise<void>;
  abstract keyById(id: string): Promise<KeyRecord | undefined>;
  /** Keys of the user that can be used, or could be by an active user. */
  abstract countLiveKeys(userId: string): Promise<number>;
  /** False where it was revoked before. */
  abstract revokeKey(id: string): Promise<boolean>;
  /** Notes that these keys were used just now. */
  abstract touchKeys(
    keys: readonly { organizationId: string; id: string }[],
  ): Promise<void>;
}

export interface NamedUser {
  readonly organizationId: string;
  readonly userId: string;
  readonly login: string;
  readonly number: number;
}

export interface KeyRecord {
  readonly id: string;
  readonly userId: string;
  readonly prefix: string;
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
  readonly name?: string;
  readonly scopes?: readonly string[];
  readonly expiresAt?: Date | undefined;
  /** UUID of the user who issued it; undefined for the gateway's operator. */
  readonly issuedBy?: string;
}
