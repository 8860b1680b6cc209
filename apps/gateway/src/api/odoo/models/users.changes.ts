import { Injectable } from "@nestjs/common";
import { DomainError } from "@vworkspace/kernel";
import {
  isList,
  odooDateTime,
  type RpcStruct,
  type RpcValue,
} from "@vworkspace/odoo-rpc";
import { ApiKeyService } from "../../../trust/identity/api-key.service";
import type { Role } from "../../../trust/identity/domain/actor";
import type { KeyRequest } from "../../../trust/identity/domain/key-request";
import { UserAdminService } from "../../../trust/identity/user-admin.service";
import type { ProviderIdentity } from "../../../trust/people/domain/provider-identity";
import { IdentityLinkService } from "../../../trust/people/identity-link.service";
import type {
  ModelCall,
  ModelChanges,
  RecordAction,
} from "../registry/model-method";

interface UserValues {
  readonly login: string;
  readonly name?: string;
  readonly role: Role;
  readonly active?: boolean;
}

@Injectable()
export class UsersChanges implements ModelChanges {
  readonly actions: Readonly<Record<string, RecordAction>> = {
    action_issue_api_key: {
      isForOne: true,
      isShownOnce: true,
      parameters: ["name", "scopes", "expires_in_days"],
      run: async (stores, actor, user, args): Promise<RpcStruct> => {
        const request = readRequest(args);
        const made = await this.keys.issue(stores, actor, user, request);
        return {
          key: made.key,
          prefix: made.prefix,
          expires_at: made.expiresAt ? odooDateTime(made.expiresAt) : false,
        };
      },
    },
    action_link_identity: {
      isForOne: true,
      parameters: ["issuer", "subject"],
      run: async (stores, actor, user, args) => {
        await this.links.link(stores, actor, user, readIdentity(args));
        return undefined;
      },
    },
    action_unlink_identity: {
      isForOne: true,
      parameters: ["issuer", "subject"],
      run: async (stores, actor, user, args) => {
        await this.links.unlink(stores, actor, user, readIdentity(args));
        return undefined;
      },
    },
  };

  constructor(
    private readonly users: UserAdminService,
    private readonly keys: ApiKeyService,
    private readonly links: IdentityLinkService,
  ) {}

  readonly create: NonNullable<ModelChanges["create"]> = async (
    stores,
    actor,
    values,
  ) => {
    // readValues has checked each value against its field.
    const { login, name, role, active } = values as unknown as UserValues;
    const named = name === undefined || name === "" ? login : name;
    const id = await this.users.create(stores, actor, {
      login,
      name: named,
      role,
    });
    if (active === false)
      await this.users.change(stores, actor, id, { active });
    return id;
  };

  readonly write: NonNullable<ModelChanges["write"]> = (
    stores,
    actor,
    { key, values },
  ) => this.users.change(stores, actor, key, values);
}

/** @throws DomainError validation_failed */
function readRequest(args: ModelCall["args"]): KeyRequest {
  const { name, scopes, expires_in_days: days } = args;
  if (typeof name !== "string")
    throw new DomainError(
      "validation_failed",
      "name must be a text that says what the key is for.",
    );
  const isUnset = (value: RpcValue | undefined) =>
    value === undefined || value === null || value === false;
  if (!isUnset(days) && typeof days !== "number")
    throw new DomainError(
      "validation_failed",
      "expires_in_days must be a whole number; leave it out for a key without an end.",
    );
  return {
    name,
    scopes: isUnset(scopes) ? ["all"] : textsOf(scopes),
    days: typeof days === "number" ? days : undefined,
  };
}

/** @throws DomainError validation_failed */
function readIdentity({
  issuer,
  subject,
}: ModelCall["args"]): ProviderIdentity {
  if (typeof issuer === "string" && typeof subject === "string")
    return { issuer, subject };
  throw new DomainError(
    "validation_failed",
    "issuer and subject must be texts: the provider's issuer URL, and its name of the person.",
  );
}

function textsOf(value: RpcValue | undefined): readonly string[] {
  const isTexts =
    isList(value) && value.every((one) => typeof one === "string");
  if (isTexts) return value;
  throw new DomainError(
    "validation_failed",
    'scopes must be a list of texts such as ["read"].',
  );
}
