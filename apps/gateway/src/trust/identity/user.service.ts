import { Injectable } from "@nestjs/common";
import { DomainError, newId } from "@vworkspace/kernel";
import { MasterKey } from "../../database/master-key";
import { type Stores, UnitOfWork } from "../../database/unit-of-work";
import { AuditStore } from "../audit/domain/audit-store";
import { KEY_PURPOSE, newApiKey } from "./api-key.service";
import { ApiKeyUseService } from "./api-key-use.service";
import { gatewayActor, type Role, type UserActor } from "./domain/actor";
import { requireLogin } from "./domain/login-rules";
import { type ApiKeyOwner, UserStore } from "./domain/user-store";
import { OrganizationService } from "./organization.service";

/** The part of a key that the gateway made by which a person recognises it; of another's key nothing is shown. */
const PUBLIC_PART = /^vw_[A-Za-z0-9_-]{8}(?=_)/;
const MAX_KEY_CHARACTERS = 512;

export interface AddUser {
  readonly login: string;
  readonly role: Role;
  readonly organizationCode: string;
  /** Only for tests and the demo; a random one where it isn't given. */
  readonly key?: string;
}

/** Who may call the Odoo-shaped API: users with API keys of an organization. */
@Injectable()
export class UserService {
  constructor(
    private readonly unitOfWork: UnitOfWork,
    private readonly masterKey: MasterKey,
    private readonly uses: ApiKeyUseService,
    private readonly organizations: OrganizationService,
  ) {}

  /** The user of that login (or uid) and API key, or undefined. */
  async authenticate(
    login: string | number,
    key: string,
  ): Promise<UserActor | undefined> {
    const owner = await this.ownerOf(key);
    if (!owner || (owner.login !== login && owner.number !== login))
      return undefined;
    return this.signedIn(owner);
  }

  /** The user of an API key, where it comes alone, or undefined. */
  async authenticateKey(key: string): Promise<UserActor | undefined> {
    const owner = await this.ownerOf(key);
    return owner && this.signedIn(owner);
  }

  /** The key is found by its HMAC, so that neither the time of the look-up nor a dump of the database tells anything about it. */
  private async ownerOf(key: string): Promise<ApiKeyOwner | undefined> {
    if (key.length === 0 || key.length > MAX_KEY_CHARACTERS) return undefined;
    const hash = this.masterKey.hash(KEY_PURPOSE, key);
    return this.unitOfWork.beforeSignIn((stores) =>
      stores.get(UserStore).ownerOfKey(hash),
    );
  }

  private signedIn(owner: ApiKeyOwner): UserActor {
    this.uses.note(owner);
    return {
      organizationId: owner.organizationId,
      type: "user",
      id: owner.userId,
      name: owner.login,
      role: owner.role,
      number: owner.number,
      key: owner.key,
    };
  }

  /** Makes the user (and the organization) where they are missing, and one more API key, which is returned once. */
  async add(user: AddUser): Promise<{
    readonly key: string;
    readonly organizationId: string;
    readonly userId: string;
  }> {
    requireLogin(user.login);
    const key = user.key ?? newApiKey().key;
    return this.unitOfWork.asWorker(async (stores) => {
      const organization = await this.organizations.ensure(stores, {
        code: user.organizationCode,
      });
      const userId = await this.ensureUser(stores, organization.id, user);
      await this.ensureKey(stores, organization.id, { userId, key });
      return { key, organizationId: organization.id, userId };
    });
  }

  private async ensureUser(
    stores: Stores,
    organizationId: string,
    user: AddUser,
  ): Promise<string> {
    const { login, role } = user;
    const found = await stores.get(UserStore).ensureUser({
      organizationId,
      id: newId(),
      login,
      name: login,
      role,
    });
    const { id, isNew } = found;
    if (found.role !== role)
      throw new DomainError(
        "validation_failed",
        `login "${login}" has the role ${found.role}: ask for a key of that role, or choose another login.`,
      );
    if (isNew)
      await stores.get(AuditStore).append(gatewayActor(organizationId), {
        action: "user.create",
        subject: { type: "user", id },
        detail: { role },
      });
    return id;
  }

  private async ensureKey(
    stores: Stores,
    organizationId: string,
    { userId, key }: { userId: string; key: string },
  ): Promise<void> {
    const users = stores.get(UserStore);
    const secretHash = this.masterKey.hash(KEY_PURPOSE, key);
    if (await users.hasKey(organizationId, secretHash)) return;
    const prefix = PUBLIC_PART.exec(key)?.[0] ?? "";
    const id = newId();
    await users.addKey({ organizationId, id, userId, prefix, secretHash });
    await stores.get(AuditStore).append(gatewayActor(organizationId), {
      action: "user.add_key",
      subject: { type: "user", id: userId },
      detail: { key_id: id, key_prefix: prefix },
    });
  }
}
