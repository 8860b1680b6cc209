import { Injectable } from "@nestjs/common";
import { DomainError } from "@vworkspace/kernel";
import { Counter } from "prom-client";
import type { UserActor } from "../../trust/identity/domain/actor";
import { NOBODYS } from "../../trust/identity/domain/nobodys";
import { FailedSignIns } from "../../trust/identity/failed-sign-ins.service";
import { UserService } from "../../trust/identity/user.service";
import { Admission } from "./admission.service";
import type { Visit } from "./visit";

/** Without labels: what somebody tried to sign in with is nobody's business. */
const failures = new Counter({
  name: "vworkspace_sign_in_failures_total",
  help: "Attempts to sign in with an API key where database, login or key was nobody's.",
});

interface Presented {
  readonly key: string | undefined;
  /** False where it is for another place than this one. */
  readonly isForUs?: boolean;
}

export interface PresentedKey extends Presented {
  /** A login or a uid, of a user that may not exist; undefined for what is neither. */
  readonly login: string | number | undefined;
}

/** Whoever comes with an API key, by whatever route: held to the limits of failed attempts, with evidence of those. */
@Injectable()
export class KeySignIn {
  constructor(
    private readonly users: UserService,
    private readonly admission: Admission,
    private readonly failed: FailedSignIns,
  ) {}

  /** @throws DomainError unauthenticated, the same for whatever is wrong; too_many_requests */
  require(
    visit: Visit,
    { login, ...presented }: PresentedKey,
  ): Promise<UserActor> {
    return this.admit(visit, { ...presented, login }, async (key) =>
      login === undefined ? undefined : this.users.authenticate(login, key),
    );
  }

  /** Where a key comes alone, and says itself whose it is. @throws as {@link require} */
  requireKey(visit: Visit, presented: Presented): Promise<UserActor> {
    return this.admit(visit, { ...presented, login: undefined }, (key) =>
      this.users.authenticateKey(key),
    );
  }

  private admit(
    visit: Visit,
    { login, key, isForUs = true }: PresentedKey,
    find: (key: string) => Promise<UserActor | undefined>,
  ): Promise<UserActor> {
    return this.admission.admit(visit, key, async () => {
      const isPossible = key !== undefined && isForUs;
      const user = isPossible ? await find(key) : undefined;
      if (user) return { ...user, address: visit.ip };
      failures.inc();
      this.failed.note({ login, address: visit.address });
      throw new DomainError("unauthenticated", "Access Denied", NOBODYS);
    });
  }
}
