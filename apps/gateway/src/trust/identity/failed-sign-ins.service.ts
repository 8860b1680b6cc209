import { Injectable, Logger } from "@nestjs/common";
import { isStorable } from "@vworkspace/contract";
import { UnitOfWork } from "../../database/unit-of-work";
import { AuditStore } from "../audit/domain/audit-store";
import { gatewayActor } from "./domain/actor";
import { UserStore } from "./domain/user-store";

const PERIOD_MS = 60_000;
/** Pairs of login and address that are kept until they are written; more are counted only. */
const MOST_PAIRS = 1000;
const MAX_LOGIN_CHARACTERS = 256;
/** Of an integer in PostgreSQL. */
const MAX_NUMBER = 2 ** 31 - 1;

/** What no user can have is nobody's evidence, and must not keep the others' from being written. */
function mayExist(login: string | number): boolean {
  return typeof login === "number"
    ? login <= MAX_NUMBER
    : login.length <= MAX_LOGIN_CHARACTERS && isStorable(login);
}

/** Somebody presented a key that is not that user's. */
export interface FailedSignIn {
  /** As it was presented: a login or a uid, of a user that may not exist. */
  readonly login: string | number | undefined;
  readonly address: string;
}

interface Noted extends FailedSignIn {
  count: number;
}

/**
 * Evidence of failed sign-ins: one audit entry a minute for each user and address, whatever the number of attempts, in the log
 * of the user's organization. What was tried with is kept nowhere, and a login that nobody has is nobody's evidence.
 */
@Injectable()
export class FailedSignIns {
  private readonly logger = new Logger(FailedSignIns.name);
  private noted = new Map<string, Noted>();
  private dropped = 0;
  private timer: NodeJS.Timeout | undefined;

  constructor(private readonly unitOfWork: UnitOfWork) {}

  onApplicationBootstrap(): void {
    this.timer = setInterval(() => void this.attempt(), PERIOD_MS).unref();
  }

  async beforeApplicationShutdown(): Promise<void> {
    clearInterval(this.timer);
    await this.attempt();
  }

  note({ login, address }: FailedSignIn): void {
    if (login === undefined || !mayExist(login)) return;
    const key = JSON.stringify([login, address]);
    const noted = this.noted.get(key);
    if (noted) noted.count += 1;
    else if (this.noted.size < MOST_PAIRS)
      this.noted.set(key, { login, address, count: 1 });
    else this.dropped += 1;
  }

  /** Writes what was noted since the last time. */
  async flush(): Promise<void> {
    const batch = [...this.noted.values()];
    this.noted = new Map();
    if (this.dropped > 0)
      this.logger.warn(
        { event: "failed_sign_ins_dropped", count: this.dropped },
        "Failed sign-ins of too many logins and addresses were counted only",
      );
    this.dropped = 0;
    if (batch.length > 0) await this.append(batch);
  }

  private append(batch: readonly Noted[]): Promise<void> {
    return this.unitOfWork.asWorker(async (stores) => {
      const users = await stores
        .get(UserStore)
        .named(batch.map(({ login }) => login));
      for (const { organizationId, userId, login, number } of users)
        for (const noted of batch.filter(
          (one) => one.login === login || one.login === number,
        ))
          await stores.get(AuditStore).append(
            { ...gatewayActor(organizationId), address: noted.address },
            {
              action: "user.sign_in_failed",
              subject: { type: "user", id: userId },
              detail: { attempts: noted.count },
            },
          );
    });
  }

  private async attempt(): Promise<void> {
    try {
      await this.flush();
    } catch (error) {
      this.logger.warn({ err: error }, "Failed sign-ins were not audited");
    }
  }
}
