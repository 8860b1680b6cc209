import { Inject, Injectable } from "@nestjs/common";
import { DomainError } from "@vworkspace/kernel";
import { parseUid, type RpcValue } from "@vworkspace/odoo-rpc";
import { Counter } from "prom-client";
import type { UserActor } from "../../../trust/identity/domain/actor";
import { UserService } from "../../../trust/identity/user.service";
import { ODOO_OPTIONS, type OdooOptions } from "../odoo-options";

/** Without labels: what somebody tried to sign in with is nobody's business. */
const failures = new Counter({
  name: "vworkspace_sign_in_failures_total",
  help: "Calls of the Odoo-shaped API whose database, login or key was nobody's.",
});

/** Who calls: a database's name, a login or uid, and an API key where Odoo has a password. */
@Injectable()
export class SignIn {
  constructor(
    private readonly users: UserService,
    @Inject(ODOO_OPTIONS) private readonly options: OdooOptions,
  ) {}

  /** The uid, or false for credentials that are nobody's. */
  async uid(
    database: RpcValue | undefined,
    login: RpcValue | undefined,
    key: RpcValue | undefined,
  ): Promise<number | false> {
    const isPossible =
      typeof login === "string" &&
      typeof key === "string" &&
      this.accepts(database);
    const user = isPossible
      ? await this.users.authenticate(login, key)
      : undefined;
    if (user === undefined) failures.inc();
    return user?.number ?? false;
  }

  /** @throws DomainError unauthenticated, the same for whatever is wrong */
  async require(
    database: RpcValue | undefined,
    uid: RpcValue | undefined,
    key: RpcValue | undefined,
  ): Promise<UserActor> {
    const number = parseUid(uid);
    const isPossible =
      number !== undefined && typeof key === "string" && this.accepts(database);
    const user = isPossible
      ? await this.users.authenticate(number, key)
      : undefined;
    if (user !== undefined) return user;
    failures.inc();
    throw new DomainError("unauthenticated", "Access Denied");
  }

  private accepts(database: RpcValue | undefined): boolean {
    if (typeof database !== "string" || database === "") return false;
    const { databases } = this.options;
    return databases.length === 0 || databases.includes(database);
  }
}
