import { Injectable } from "@nestjs/common";
import { DomainError, newId } from "@vworkspace/kernel";
import { type Stores, UnitOfWork } from "../../database/unit-of-work";
import { AuditStore } from "../audit/domain/audit-store";
import { gatewayActor, type UserActor } from "./domain/actor";
import {
  type ApprovalTrust,
  requireOrganizationCode,
  requireOrganizationName,
} from "./domain/organization-rules";
import { type Organization, UserStore } from "./domain/user-store";

export interface AddOrganization {
  readonly code: string;
  /** Its code where none is given. */
  readonly name?: string | undefined;
}

/** Whether it was made just now. */
export interface AddedOrganization extends Organization {
  readonly isNew: boolean;
}

/** Which organizations there are. An operator of the gateway makes them; nobody in one sees another. */
@Injectable()
export class OrganizationService {
  constructor(private readonly unitOfWork: UnitOfWork) {}

  /** An equal repeat changes nothing. @throws DomainError validation_failed, conflict (it has another name) */
  async add(wanted: AddOrganization): Promise<AddedOrganization> {
    const found = await this.unitOfWork.asWorker((stores) =>
      this.ensure(stores, wanted),
    );
    if (wanted.name === undefined || found.name === wanted.name) return found;
    throw new DomainError(
      "conflict",
      `name is "${wanted.name}": there is an organization ${found.code} with the name "${found.name}", which its admins can change; leave the name out, or choose another code.`,
    );
  }

  /** The organization of that code, made where there is none. @throws DomainError validation_failed */
  async ensure(
    stores: Stores,
    { code, name = code }: AddOrganization,
  ): Promise<AddedOrganization> {
    requireOrganizationCode(code);
    requireOrganizationName(name);
    const found = await stores
      .get(UserStore)
      .ensureOrganization({ id: newId(), code, name });
    const { id, isNew } = found;
    if (isNew)
      await stores.get(AuditStore).append(gatewayActor(id), {
        action: "organization.create",
        subject: { type: "organization", id, name: code },
      });
    return found;
  }

  /** Of the actor's own. @throws DomainError validation_failed, not_found */
  async rename(stores: Stores, actor: UserActor, name: string): Promise<void> {
    requireOrganizationName(name);
    const store = stores.get(UserStore);
    const before = await store.lockOrganization();
    if (!before)
      throw new DomainError("not_found", "There is no such organization.");
    if (before.name === name) return;
    await store.renameOrganization(name);
    const { id, code } = before;
    await stores.get(AuditStore).append(actor, {
      action: "organization.write",
      subject: { type: "organization", id, name: code },
      detail: { from: before.name, to: name },
    });
  }

  /**
   * Whose approvals count there, as an operator of the gateway says: no user of an organization, and no key of his, can.
   * @returns what it was
   * @throws DomainError not_found
   */
  setApprovalTrust(code: string, trust: ApprovalTrust): Promise<ApprovalTrust> {
    return this.unitOfWork.asWorker(async (stores) => {
      const store = stores.get(UserStore);
      const found = await store.lockOrganizationOf(code);
      if (!found)
        throw new DomainError(
          "not_found",
          `There is no organization "${code.slice(0, 80)}": \`organization list\` names those that there are.`,
        );
      const { id, approvalTrust: from } = found;
      if (from === trust) return from;
      await store.setApprovalTrust(id, trust);
      await stores.get(AuditStore).append(gatewayActor(id), {
        action: "organization.set_approval_trust",
        subject: { type: "organization", id, name: code },
        detail: { from, to: trust },
      });
      return from;
    });
  }

  /** Oldest first. */
  list(): Promise<readonly Organization[]> {
    return this.unitOfWork.asWorker((stores) =>
      stores.get(UserStore).organizations(),
    );
  }
}
