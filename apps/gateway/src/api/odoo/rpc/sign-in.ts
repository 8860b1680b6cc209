import { Inject, Injectable } from "@nestjs/common";
import { DomainError } from "@vworkspace/kernel";
import { parseUid, type RpcValue } from "@vworkspace/odoo-rpc";
import type { UserActor } from "../../../trust/identity/domain/actor";
import { KeySignIn } from "../../limits/key-sign-in.service";
import type { Visit } from "../../limits/visit";
import { ODOO_OPTIONS, type OdooOptions } from "../odoo-options";

/** Database, login or uid, and API key, as they came first in the arguments of a call. */
type Credentials = readonly RpcValue[];

/** Who calls: a database's name, a login or uid, and an API key where Odoo has a password. */
@Injectable()
export class SignIn {
  constructor(
    private readonly keys: KeySignIn,
    @Inject(ODOO_OPTIONS) private readonly options: OdooOptions,
  ) {}

  /** The uid, or false for credentials that are nobody's. @throws DomainError too_many_requests */
  async uid(visit: Visit, credentials: Credentials): Promise<number | false> {
    const [, login] = credentials;
    try {
      const name = typeof login === "string" ? login : undefined;
      return (await this.identify(visit, credentials, name)).number;
    } catch (error) {
      if (error instanceof DomainError && error.code === "unauthenticated")
        return false;
      throw error;
    }
  }

  /** @throws DomainError unauthenticated, the same for whatever is wrong; too_many_requests */
  require(visit: Visit, credentials: Credentials): Promise<UserActor> {
    return this.identify(visit, credentials, parseUid(credentials[1]));
  }

  /**
   * Where the key comes alone, beside the name of a database or none.
   * @throws as {@link require}
   */
  requireKey(
    visit: Visit,
    given: {
      readonly database: string | undefined;
      readonly key: string | undefined;
    },
  ): Promise<UserActor> {
    const { database = "", key } = given;
    const isForUs = database === "" || this.accepts(database);
    return this.keys.requireKey(visit, { key, isForUs });
  }

  private identify(
    visit: Visit,
    [database, , key]: Credentials,
    login: string | number | undefined,
  ): Promise<UserActor> {
    return this.keys.require(visit, {
      login,
      key: typeof key === "string" ? key : undefined,
      isForUs: this.accepts(database),
    });
  }

  private accepts(database: RpcValue | undefined): boolean {
    if (typeof database !== "string" || database === "") return false;
    const { databases } = this.options;
    return databases.length === 0 || databases.includes(database);
  }
}
