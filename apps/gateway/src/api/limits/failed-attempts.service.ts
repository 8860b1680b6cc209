import { Inject, Injectable, Logger } from "@nestjs/common";
import { MasterKey } from "../../database/master-key";
import { UnitOfWork } from "../../database/unit-of-work";
import { FailedAttemptStore } from "./domain/failed-attempt-store";
import { LIMIT_OPTIONS, type LimitOptions } from "./limit-options";

/** What the digests of addresses are made for; a dump of the database names none. */
const PURPOSE = "failed-attempts";

/**
 * Attempts with credentials that are nobody's, by address, over all replicas. An address is only told to wait by the answers
 * to such attempts: what it presents is looked up all the same, so that a right credential is never kept out.
 */
@Injectable()
export class FailedAttempts {
  private readonly logger = new Logger(FailedAttempts.name);
  /** Until when addresses are over the limit, in milliseconds; while they are, attempts cost no statement. */
  private readonly barred = new Map<string, number>();

  constructor(
    private readonly unitOfWork: UnitOfWork,
    private readonly masterKey: MasterKey,
    @Inject(LIMIT_OPTIONS) private readonly options: LimitOptions,
  ) {}

  isBarred(address: string): boolean {
    return this.secondsLeft(address) !== undefined;
  }

  /** One more. @returns seconds until the address may fail again; undefined while it may */
  async note(address: string): Promise<number | undefined> {
    const left = this.secondsLeft(address);
    if (left !== undefined) return left;
    const { requests, windowSeconds } = this.options.limits.failures;
    const digest = this.masterKey.hash(PURPOSE, address);
    try {
      const { count, secondsLeft } = await this.unitOfWork.beforeSignIn(
        (stores) => stores.get(FailedAttemptStore).count(digest, windowSeconds),
      );
      if (count <= requests) return undefined;
      this.bar(address, secondsLeft);
      return secondsLeft;
    } catch (error) {
      // The refusal stands without its limit.
      this.logger.warn({ err: error }, "A failed attempt was not counted");
      return undefined;
    }
  }

  private bar(address: string, seconds: number): void {
    const now = Date.now();
    for (const [other, until] of this.barred)
      if (until <= now) this.barred.delete(other);
    this.barred.set(address, now + seconds * 1000);
  }

  private secondsLeft(address: string): number | undefined {
    const left = (this.barred.get(address) ?? 0) - Date.now();
    return left > 0 ? left / 1000 : undefined;
  }
}
