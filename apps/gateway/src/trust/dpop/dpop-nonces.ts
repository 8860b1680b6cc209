import { createHmac } from "node:crypto";
import { Logger } from "@nestjs/common";
import type { Clock } from "@vworkspace/kernel";
import type { MasterKey } from "../../database/master-key";
import type { UnitOfWork } from "../../database/unit-of-work";
import { DpopProofStore } from "./domain/dpop-proof-store";
import { countingWindows, pastSlot, windowAt } from "./domain/nonce-windows";

/** Asked again no more often, however many nonces are named that nobody gave out. */
const EPOCH_PAUSE_MS = 1000;

/** The nonces of one moment. */
export interface NonceSet {
  readonly epoch: string;
  readonly window: number;
  /** To give out. */
  readonly current: string;
  /** Windows by the nonces that count. A nonce is given to whoever asks: looking it up need not take constant time. */
  readonly windows: ReadonlyMap<string, number>;
}

/**
 * Nonces of proofs (RFC 9449 §8), the same for everybody and on every replica: an HMAC of a stretch of time by the gateway's
 * clock, and of the epoch of the memory of used proofs. Nothing is stored of them.
 */
export class DpopNonces {
  private readonly logger = new Logger("Dpop");
  private set: NonceSet | undefined;
  private epoch: Promise<string> | undefined;
  private epochAt = -Infinity;
  private reading: Promise<string> | undefined;

  constructor(
    private readonly unitOfWork: UnitOfWork,
    private readonly masterKey: MasterKey,
    private readonly clock: Clock,
  ) {}

  /** @throws DomainError unavailable */
  async get(): Promise<NonceSet> {
    const window = windowAt(this.clock.now());
    const epoch = await (this.epoch ?? this.readEpoch());
    if (this.set?.window === window && this.set.epoch === epoch)
      return this.set;
    const isTurn = this.set?.window !== window;
    this.set = this.nonces(epoch, window);
    if (isTurn) void this.forget(window);
    return this.set;
  }

  /** The epoch asked for again, now and then: another replica may have seen first that the memory was lost. */
  async reload(): Promise<NonceSet> {
    if (this.clock.monotonic() - this.epochAt >= EPOCH_PAUSE_MS)
      await this.readEpoch();
    return this.get();
  }

  /** The database said that its memory is no longer this epoch's. */
  async replace(epoch: string): Promise<void> {
    if ((await this.epoch) === epoch) await this.readEpoch();
  }

  private nonces(epoch: string, window: number): NonceSet {
    const nonceOf = (of: number) =>
      createHmac("sha256", this.masterKey.hash("dpop-nonce", epoch))
        .update(String(of))
        .digest("base64url");
    const windows = new Map(
      countingWindows(window).map((of) => [nonceOf(of), of]),
    );
    return { epoch, window, current: nonceOf(window), windows };
  }

  private readEpoch(): Promise<string> {
    this.reading ??= this.look().finally(() => (this.reading = undefined));
    return this.reading;
  }

  private look(): Promise<string> {
    this.epochAt = this.clock.monotonic();
    const before = this.epoch;
    const looked = this.unitOfWork.beforeSignIn((stores) =>
      stores.get(DpopProofStore).epoch(),
    );
    // What is known goes on counting while the database can't be asked; whoever asked is told that it can't.
    this.epoch = looked.catch((error: unknown) => {
      this.epoch = before;
      if (before) return before;
      throw error;
    });
    this.epoch.catch(() => undefined);
    return looked;
  }

  private async forget(window: number): Promise<void> {
    try {
      await this.unitOfWork.asWorker((stores) =>
        stores.get(DpopProofStore).forget(pastSlot(window)),
      );
    } catch (error) {
      this.logger.warn(
        { err: error },
        "Used proofs could not be forgotten; the next turn of nonces does it",
      );
    }
  }
}
