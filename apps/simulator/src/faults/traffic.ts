import type { IncomingMessage, ServerResponse } from "node:http";
import type { Clock } from "@vworkspace/kernel";
import { StatusError } from "../api/status-error";
import { attributesOf } from "../authorization/attributes";
import type { User } from "../authorization/user";
import { parsePath } from "../http/request-path";
import type { ApiFaults } from "./api-faults";
import type { FaultEffect } from "./fault-rule";
import { type FaultyRequest, refusalText } from "./faults.decide";
import { cutAfter, slowDown } from "./faulty-response";
import type { RequestLog } from "./request-log";

/** Stands before the API server: counts every request, and lets those that a fault strikes go wrong. */
export class Traffic {
  constructor(
    private readonly faults: ApiFaults,
    private readonly log: RequestLog,
    readonly clock: Clock,
  ) {}

  /**
   * @returns false when the request is answered already
   * @throws StatusError when it is refused
   */
  async admit(
    request: IncomingMessage,
    response: ServerResponse,
    user: User,
  ): Promise<boolean> {
    const asked = describe(request, user);
    this.log.note(asked);
    const effect = this.faults.meet(asked);
    if (effect?.kind === "delay") await this.clock.sleep(effect.ms);
    if (effect === undefined) return true;
    return strike(response, effect, this.clock);
  }
}

/** @returns whether the request goes on */
function strike(
  response: ServerResponse,
  effect: FaultEffect,
  clock: Clock,
): boolean {
  switch (effect.kind) {
    case "refuse":
      return refuse(response, effect);
    case "expire":
      expire(response);
      return false;
    case "cut":
      cutAfter(response, effect.afterBytes);
      return true;
    case "slow":
      slowDown(response, effect.eventMs, clock);
      return true;
    case "delay":
      return true;
  }
}

function describe(request: IncomingMessage, user: User): FaultyRequest {
  const url = new URL(request.url ?? "/", "http://localhost");
  const asked = attributesOf(request, url, parsePath(url.pathname));
  const { verb } = asked;
  if ("path" in asked) return { verb, resource: "", user: user.name };
  const [plural = "", ...rest] = asked.resource.split("/");
  const own = asked.group === "" ? plural : `${plural}.${asked.group}`;
  return { verb, resource: [own, ...rest].join("/"), user: user.name };
}

function refuse(
  response: ServerResponse,
  effect: Extract<FaultEffect, { kind: "refuse" }>,
): never {
  const { reason, message } = refusalText(effect);
  if (effect.retryAfterSeconds !== undefined)
    response.setHeader("retry-after", effect.retryAfterSeconds);
  throw new StatusError(effect.code, reason, message);
}

/** What a real server sends when it no longer holds the events that a watch asks for. */
function expire(response: ServerResponse): void {
  const { reason, message } = refusalText({ kind: "refuse", code: 410 });
  const object = new StatusError(410, reason, message).body();
  response.writeHead(200, { "content-type": "application/json" });
  response.end(`${JSON.stringify({ type: "ERROR", object })}\n`);
}
