import { Injectable } from "@nestjs/common";
import { Clock } from "@vworkspace/kernel";
import { OutboxBell } from "./domain/outbox-bell";
import { OdooSyncOptions } from "./odoo-sync-options";

const LOOK_MS = 1000;
/** Where no Odoo is paired. */
const QUIET_MS = 10_000;

/** When the next look for something to tell is due: after a while, or when the bell rings. */
@Injectable()
export class SenderPace {
  constructor(
    private readonly bell: OutboxBell,
    private readonly clock: Clock,
    private readonly options: OdooSyncOptions,
  ) {}

  get isLooking(): boolean {
    return this.options.isLooking;
  }

  /** To be taken before the look, so that no ring is missed. */
  get ring(): AbortSignal {
    return this.bell.next;
  }

  async rest(
    isAnyPaired: boolean,
    ...ends: readonly AbortSignal[]
  ): Promise<void> {
    const pauseMs = isAnyPaired ? LOOK_MS : QUIET_MS;
    await this.clock.sleep(pauseMs, AbortSignal.any([...ends]));
  }

  /** There is more. */
  again(): void {
    this.bell.ring();
  }
}
