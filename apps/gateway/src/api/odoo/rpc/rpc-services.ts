import { Injectable } from "@nestjs/common";
import { DomainError } from "@vworkspace/kernel";
import { RpcUsageError, type RpcValue } from "@vworkspace/odoo-rpc";
import { argumentList, keywordStruct } from "../registry/bind-arguments";
import { ModelRegistry } from "../registry/model-registry";
import type { Wire } from "../registry/model-method";
import type { Visit } from "../../limits/visit";
import { SERVER_VERSION } from "./server-version";
import { SignIn } from "./sign-in";

/** A call of one of Odoo's services, by whichever protocol it came. */
export interface RpcCall {
  readonly service: string;
  readonly method: string;
  readonly args: readonly RpcValue[];
  readonly wire: Wire;
  readonly visit: Visit;
}

/** Odoo's services `common` (sign in) and `object` (call a model's method). */
@Injectable()
export class RpcServices {
  constructor(
    private readonly signIn: SignIn,
    private readonly registry: ModelRegistry,
  ) {}

  call(call: RpcCall): Promise<RpcValue> {
    switch (call.service) {
      case "common":
        return this.common(call);
      case "object":
        return this.object(call);
      case "db":
        throw new DomainError("unauthenticated", "Access Denied");
      default:
        throw new RpcUsageError(
          `The service ${JSON.stringify(call.service.slice(0, 80))} does not exist; there are common and object.`,
        );
    }
  }

  private async common({ method, args, visit }: RpcCall): Promise<RpcValue> {
    switch (method) {
      case "version":
        return SERVER_VERSION;
      case "login":
        requireCount(method, args, { least: 3, most: 3 });
        return this.signIn.uid(visit, args);
      case "authenticate":
        requireCount(method, args, { least: 4, most: 4 });
        return this.signIn.uid(visit, args);
      default:
        throw unknownMethod(method, "version, login and authenticate");
    }
  }

  private async object({
    method,
    args,
    wire,
    visit,
  }: RpcCall): Promise<RpcValue> {
    if (method !== "execute" && method !== "execute_kw")
      throw unknownMethod(method, "execute and execute_kw");
    const most = method === "execute" ? Infinity : 7;
    requireCount(method, args, { least: 5, most });
    const actor = await this.signIn.require(visit, args);
    const [model, name, ...rest] = args.slice(3);
    if (typeof model !== "string" || typeof name !== "string")
      throw new RpcUsageError("The model and the method must be texts.");
    const isKeyword = method === "execute_kw";
    const answer = await this.registry.call(actor, {
      model,
      method: name,
      positional: isKeyword ? argumentList(rest[0]) : rest,
      keywords: isKeyword ? keywordStruct(rest[1]) : {},
      wire,
    });
    // What has nothing to say answers true: XML-RPC has no other nothing.
    return answer ?? true;
  }
}

function requireCount(
  method: string,
  args: readonly RpcValue[],
  { least, most }: { least: number; most: number },
): void {
  if (args.length >= least && args.length <= most) return;
  const wanted = least === most ? String(least) : `${least} to ${most}`;
  throw new RpcUsageError(
    `${method} takes ${most === Infinity ? `at least ${least}` : wanted} arguments; ${args.length} were sent.`,
  );
}

function unknownMethod(method: string, known: string): RpcUsageError {
  return new RpcUsageError(
    `The method ${JSON.stringify(method.slice(0, 80))} does not exist; there are ${known}.`,
  );
}
