import { DomainError } from "@vworkspace/kernel";
import {
  type OdooClient,
  RpcFault,
  type RpcStruct,
} from "@vworkspace/odoo-rpc";
import { setTimeout as sleep } from "node:timers/promises";

/** One application that a caller wants. */
export interface WantedApplication {
  readonly values: RpcStruct;
  /** The same at every try, so that a create whose answer got lost happens once. */
  readonly requestId: string;
}

const MODEL = "vworkspace.application.instance";
const RETRY_MS = 150;
/** Tries that a caller makes before it gives up: some minutes. */
const MAX_TRIES = 1_000;

/**
 * Callers that create applications side by side, each trying again with the same request id when it has seen no answer.
 * What they were told is kept: it must be true in the end.
 */
export class ApplicationStream {
  /** Ids as the gateway gave them, by request id. */
  readonly acknowledged = new Map<string, number>();
  /** Tries that ended without an answer. */
  unanswered = 0;
  private readonly waiting = new Set<() => void>();
  private failure: Error | undefined;

  /** @param clients each of them is one caller, with one call under way */
  constructor(
    private readonly clients: readonly OdooClient[],
    private readonly wanted: readonly WantedApplication[],
  ) {}

  /** Resolves when everything is acknowledged. @throws RpcFault at the first refusal */
  async run(): Promise<void> {
    const queue = [...this.wanted];
    const caller = async (client: OdooClient) => {
      for (let next = queue.shift(); next; next = queue.shift())
        this.acknowledge(next, await this.create(client, next));
    };
    try {
      await Promise.all(this.clients.map(caller));
    } catch (error) {
      this.failure = error instanceof Error ? error : new Error(String(error));
      this.tell();
      throw error;
    }
  }

  /** Resolves once so many creates are acknowledged. @throws what ended the stream before that */
  async reached(creates: number): Promise<void> {
    while (this.acknowledged.size < creates) {
      if (this.failure) throw this.failure;
      await new Promise<void>((resolve) => this.waiting.add(resolve));
    }
  }

  private acknowledge(application: WantedApplication, id: number): void {
    this.acknowledged.set(application.requestId, id);
    this.tell();
  }

  private async create(
    client: OdooClient,
    { values, requestId }: WantedApplication,
  ): Promise<number> {
    const named = { request_id: requestId };
    for (let tries = 0; tries < MAX_TRIES; tries += 1) {
      try {
        const id = await client.executeKw(MODEL, "create", [values], named);
        return Number(id);
      } catch (error) {
        if (!isNoAnswer(error)) throw error;
        this.unanswered += 1;
        await sleep(RETRY_MS);
      }
    }
    throw new Error(`The gateway did not answer to ${requestId}.`);
  }

  private tell(): void {
    for (const resolve of this.waiting) resolve();
    this.waiting.clear();
  }
}

/** Nothing came back, or a gateway that has lost its database: nobody knows whether the create took effect. */
function isNoAnswer(error: unknown): boolean {
  if (error instanceof RpcFault)
    return error.message.includes("database cannot be reached; try again");
  return error instanceof DomainError && error.code === "unavailable";
}
