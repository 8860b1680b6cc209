import { DomainError } from "@vworkspace/kernel";
import { type OdooClient, RpcFault, type RpcValue } from "@vworkspace/odoo-rpc";
import { setTimeout as sleep } from "node:timers/promises";
import type { ApplicationPlan, Order, Wish } from "./application-plan";

/** Where a stream's applications go, and what makes its request ids its own. */
export interface StreamTarget {
  readonly clusterNumber: number;
  readonly catalogCode: string;
  readonly requestPrefix: string;
}

const MODEL = "vworkspace.application.instance";
const RETRY_MS = 150;
/** Tries that a caller makes before it gives up: some minutes. */
const MAX_TRIES = 1_000;

/** A plan under way. */
interface Lane {
  readonly plan: ApplicationPlan;
  /** How many of its orders are answered. */
  done: number;
  /** What the gateway called the last application that was created here. */
  number: number;
}

/**
 * Callers that carry out plans side by side: each application's orders one after the other, each order tried again with
 * the same request id when no answer was seen. What they were told is kept: it must be true in the end.
 */
export class ApplicationStream {
  /** Answers of the gateway, by request id. */
  readonly answers = new Map<string, RpcValue>();
  /** Tries that ended without an answer. */
  unanswered = 0;
  private readonly waiting = new Set<() => void>();
  private failure: Error | undefined;

  /** @param clients each of them is one caller, with one call under way */
  constructor(
    private readonly clients: readonly OdooClient[],
    readonly plans: readonly ApplicationPlan[],
    private readonly target: StreamTarget,
  ) {}

  /** Resolves when every order is answered. @throws RpcFault at the first refusal */
  async run(): Promise<void> {
    const lanes = this.plans.map((plan): Lane => ({
      plan,
      done: 0,
      number: 0,
    }));
    const caller = async (client: OdooClient) => {
      for (let lane = lanes.shift(); lane; lane = lanes.shift()) {
        await this.advance(client, lane);
        if (lane.done < lane.plan.orders.length) lanes.push(lane);
      }
    };
    try {
      await Promise.all(this.clients.map(caller));
    } catch (error) {
      this.failure = error instanceof Error ? error : new Error(String(error));
      this.tell();
      throw error;
    }
  }

  /** Resolves once so many orders are answered. @throws what ended the stream before that */
  async reached(orders: number): Promise<void> {
    while (this.answers.size < orders) {
      if (this.failure) throw this.failure;
      await new Promise<void>((resolve) => this.waiting.add(resolve));
    }
  }

  requestIdOf(plan: ApplicationPlan, order: number): string {
    return `${this.target.requestPrefix}-${plan.namespace}-${plan.name}-${order}`;
  }

  private async advance(client: OdooClient, lane: Lane): Promise<void> {
    const order = lane.plan.orders[lane.done];
    if (order === undefined) return;
    await sleep(order.pauseMs);
    const requestId = this.requestIdOf(lane.plan, lane.done);
    const { method, args } = this.callOf(order, lane);
    const answer = await this.untilAnswered(requestId, () =>
      client.executeKw(MODEL, method, args, { request_id: requestId }),
    );
    if (order.do === "create") lane.number = Number(answer);
    lane.done += 1;
    this.answers.set(requestId, answer);
    this.tell();
  }

  private callOf(
    order: Order,
    { plan, number }: Lane,
  ): { method: string; args: RpcValue[] } {
    const ids = [number];
    switch (order.do) {
      case "create":
        return { method: "create", args: [this.newRecord(plan, order.wish)] };
      case "write":
        return { method: "write", args: [ids, valuesOf(order.wish)] };
      case "suspend":
        return { method: "action_suspend", args: [ids] };
      case "resume":
        return { method: "action_resume", args: [ids] };
      case "delete":
        return { method: "unlink", args: [ids] };
    }
  }

  private newRecord({ namespace, name }: ApplicationPlan, wish: Wish) {
    return {
      cluster_id: this.target.clusterNumber,
      catalog_code: this.target.catalogCode,
      namespace,
      name,
      ...valuesOf(wish),
    };
  }

  private async untilAnswered(
    requestId: string,
    call: () => Promise<RpcValue>,
  ): Promise<RpcValue> {
    for (let tries = 0; tries < MAX_TRIES; tries += 1) {
      try {
        return await call();
      } catch (error) {
        if (!isNoAnswer(error)) throw refused(requestId, error);
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

function valuesOf({ version, values }: Wish) {
  return { chart_version: version, values_json: JSON.stringify(values) };
}

/** Nothing came back, or a gateway that has lost its database: nobody knows whether the order took effect. */
function isNoAnswer(error: unknown): boolean {
  if (error instanceof RpcFault)
    return error.message.includes("database cannot be reached; try again");
  return error instanceof DomainError && error.code === "unavailable";
}

function refused(requestId: string, cause: unknown): Error {
  const why = cause instanceof Error ? cause.message : String(cause);
  return new Error(`The order ${requestId} was refused: ${why}`, { cause });
}
