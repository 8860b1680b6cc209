import { Injectable } from "@nestjs/common";
import { DomainError, newId } from "@vworkspace/kernel";
import { type Stores, UnitOfWork } from "../../database/unit-of-work";
import { AuditStore } from "../audit/domain/audit-store";
import {
  type Actor,
  gatewayActor,
  type UserActor,
} from "../identity/domain/actor";
import { UserStore } from "../identity/domain/user-store";
import { IdentityStore } from "./domain/identity-store";
import {
  type ProviderIdentity,
  requireIdentity,
} from "./domain/provider-identity";

/** Identities that a user has at once. */
const MAX_IDENTITIES = 10;

/** Which person of an OpenID provider is which user: by issuer and subject, as an admin says it; never by a name or an address. */
@Injectable()
export class IdentityLinkService {
  constructor(private readonly unitOfWork: UnitOfWork) {}

  /** A repeat changes nothing. @throws DomainError not_found, validation_failed, already_exists (linked to another user), conflict (too many) */
  async link(
    stores: Stores,
    actor: Actor | UserActor,
    userId: string,
    given: ProviderIdentity,
  ): Promise<void> {
    const identity = requireIdentity(given);
    const identities = stores.get(IdentityStore);
    await requireUser(stores, userId);
    const live = await identities.live(identity);
    if (live?.userId === userId) return;
    if (live !== undefined)
      throw new DomainError(
        "already_exists",
        "subject is linked to another user of the organization: unlink it there first.",
      );
    if ((await identities.countLive(userId)) >= MAX_IDENTITIES)
      throw new DomainError(
        "conflict",
        `The user has ${MAX_IDENTITIES} identities already: unlink one that nobody uses.`,
      );
    const id = newId();
    const linkedBy = actor.type === "user" ? actor.id : undefined;
    await identities.add({ ...identity, id, userId, linkedBy });
    await record(stores, actor, "user.link_identity", {
      userId,
      id,
      issuer: identity.issuer,
    });
  }

  /** Ends the sessions of that identity too. @throws DomainError not_found, validation_failed */
  async unlink(
    stores: Stores,
    actor: Actor | UserActor,
    userId: string,
    given: ProviderIdentity,
  ): Promise<void> {
    const identity = requireIdentity(given);
    await requireUser(stores, userId);
    const live = await stores.get(IdentityStore).live(identity);
    if (live?.userId !== userId)
      throw new DomainError(
        "not_found",
        "No such issuer and subject are linked to the user; vworkspace.user.identity lists those that are.",
      );
    await stores.get(IdentityStore).end(live.id);
    await record(stores, actor, "user.unlink_identity", {
      userId,
      id: live.id,
      issuer: identity.issuer,
    });
  }

  /** The first link, say, of an organization's admin. @throws DomainError as link does */
  async linkAsOperator(
    organizationCode: string,
    login: string,
    identity: ProviderIdentity,
  ): Promise<void> {
    const organization = await this.unitOfWork.asWorker((stores) =>
      stores.get(UserStore).organizationByCode(organizationCode),
    );
    if (!organization)
      throw new DomainError(
        "not_found",
        `There is no organization "${organizationCode}".`,
      );
    await this.unitOfWork.inOrganization(organization.id, async (stores) => {
      const userId = await stores.get(UserStore).idOfLogin(login);
      if (userId === undefined)
        throw new DomainError(
          "not_found",
          `There is no user "${login}" in the organization "${organizationCode}": make it with \`user add\`.`,
        );
      await this.link(stores, gatewayActor(organization.id), userId, identity);
    });
  }
}

/** Holds the user's row, so that two who link to him at once count each other. */
async function requireUser(stores: Stores, userId: string): Promise<void> {
  const user = await stores.get(UserStore).lockUser(userId);
  if (!user) throw new DomainError("not_found", "There is no such user.");
}

/** A subject may be a person's address: the log names the link by its id. */
async function record(
  stores: Stores,
  actor: Actor,
  action: string,
  link: { userId: string; id: string; issuer: string },
): Promise<void> {
  await stores.get(AuditStore).append(actor, {
    action,
    subject: { type: "user", id: link.userId },
    detail: { identity_id: link.id, issuer: link.issuer },
  });
}
