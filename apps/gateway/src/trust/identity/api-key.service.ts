import { randomBytes } from "node:crypto";
import { Injectable } from "@nestjs/common";
import { DomainError, newId } from "@vworkspace/kernel";
import { MasterKey } from "../../database/master-key";
import type { Stores } from "../../database/unit-of-work";
import { AuditStore } from "../audit/domain/audit-store";
import type { UserActor } from "./domain/actor";
import {
  expiryWithin,
  type KeyRequest,
  requireKeyRequest,
} from "./domain/key-request";
import { UserStore } from "./domain/user-store";

/** What the hash of a key is made for. */
export const KEY_PURPOSE = "api-key";
/** Keys that a user has at once. */
const MAX_KEYS = 20;

export interface IssuedKey {
  readonly id: string;
  /** The whole key, shown this once. */
  readonly key: string;
  readonly prefix: string;
  readonly expiresAt: Date | undefined;
}

/** A prefix by which people recognise it, and 256 random bits. */
export function newApiKey(): { readonly key: string; readonly prefix: string } {
  const prefix = `vw_${randomBytes(6).toString("base64url")}`;
  return { key: `${prefix}_${randomBytes(32).toString("base64url")}`, prefix };
}

/** API keys of users. Of a key only its hash is kept: neither reads nor logs nor the audit log can tell it again. */
@Injectable()
export class ApiKeyService {
  constructor(private readonly masterKey: MasterKey) {}

  /** @throws DomainError not_found, validation_failed, forbidden (wider than the key that asks), conflict (inactive, too many) */
  async issue(
    stores: Stores,
    actor: UserActor,
    userId: string,
    request: KeyRequest,
  ): Promise<IssuedKey> {
    requireKeyRequest(request);
    const users = stores.get(UserStore);
    const user = await users.lockUser(userId);
    if (!user) throw new DomainError("not_found", "There is no such user.");
    if (!user.active)
      throw new DomainError(
        "conflict",
        "The user is not active, so no key would work: activate the user first.",
      );
    const expiresAt = expiryWithin(actor, userId, request, Date.now());
    if ((await users.countLiveKeys(userId)) >= MAX_KEYS)
      throw new DomainError(
        "conflict",
        `The user has ${MAX_KEYS} keys already: revoke one that nobody uses.`,
      );
    return this.add(stores, actor, userId, { ...request, expiresAt });
  }

  /** A repeat changes nothing. @throws DomainError not_found */
  async revoke(stores: Stores, actor: UserActor, keyId: string): Promise<void> {
    const users = stores.get(UserStore);
    const key = await users.keyById(keyId);
    if (!key) throw new DomainError("not_found", "There is no such key.");
    if (!(await users.revokeKey(keyId))) return;
    await stores.get(AuditStore).append(actor, {
      action: "user.revoke_key",
      subject: { type: "user", id: key.userId },
      detail: { key_id: keyId, key_prefix: key.prefix },
    });
  }

  private async add(
    stores: Stores,
    actor: UserActor,
    userId: string,
    { name, scopes, expiresAt }: KeyRequest & { expiresAt: Date | undefined },
  ): Promise<IssuedKey> {
    const { key, prefix } = newApiKey();
    const id = newId();
    await stores.get(UserStore).addKey({
      organizationId: actor.organizationId,
      id,
      userId,
      prefix,
      secretHash: this.masterKey.hash(KEY_PURPOSE, key),
      name,
      scopes,
      expiresAt,
      issuedBy: actor.id,
    });
    await stores.get(AuditStore).append(actor, {
      action: "user.add_key",
      subject: { type: "user", id: userId },
      detail: {
        key_id: id,
        key_prefix: prefix,
        scopes,
        expires_at: expiresAt?.toISOString(),
      },
    });
    return { id, key, prefix, expiresAt };
  }
}
