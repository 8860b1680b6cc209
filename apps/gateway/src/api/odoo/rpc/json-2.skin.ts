import { Injectable } from "@nestjs/common";
import { DomainError } from "@vworkspace/kernel";
import {
  decodeJson2Body,
  encodeJson,
  errorData,
  isList,
  json2Status,
  type RpcStruct,
  type RpcValue,
} from "@vworkspace/odoo-rpc";
import type { UserActor } from "../../../trust/identity/domain/actor";
import { ModelRegistry } from "../registry/model-registry";
import { RpcFailures } from "./rpc-failures";
import { bodyOf, type HeadedRequest, headerOf } from "./rpc-request";
import { SignIn } from "./sign-in";

/** What goes out; the body is JSON. */
export interface Json2Answer {
  readonly status: number;
  readonly headers: Readonly<Record<string, string>>;
  readonly body: string;
}

const JSON_TYPE = "application/json; charset=utf-8";
const DESCRIPTION = /^(.+)\.json$/;

/** JSON-2: who calls is told by a bearer key, what is called by the path, and the status says what came of it. */
@Injectable()
export class Json2Skin {
  constructor(
    private readonly signIn: SignIn,
    private readonly registry: ModelRegistry,
    private readonly failures: RpcFailures,
  ) {}

  call(
    request: HeadedRequest,
    { model, method }: { readonly model: string; readonly method: string },
  ): Promise<Json2Answer> {
    return this.answer(request, async (actor) => {
      const answer = await this.registry.call(actor, {
        model,
        method,
        positional: [],
        keywords: argumentsOf(request),
        wire: "json",
      });
      // As Odoo's recordsets: what was made is a list, also where it is one.
      const isOne = method === "create" && !isList(answer);
      return (isOne && answer !== undefined ? [answer] : answer) ?? null;
    });
  }

  /** @param file the model's name with `.json` behind */
  describe(request: HeadedRequest, file: string): Promise<Json2Answer> {
    return this.answer(request, (actor) =>
      Promise.resolve(this.registry.describe(actor, modelOf(file))),
    );
  }

  private async answer(
    request: HeadedRequest,
    work: (actor: UserActor) => Promise<RpcValue>,
  ): Promise<Json2Answer> {
    const headers = { "content-type": JSON_TYPE };
    try {
      const actor = await this.caller(request);
      return { status: 200, headers, body: encodeJson(await work(actor)) };
    } catch (error) {
      const failure = this.failures.of(error, request);
      const status = json2Status(failure);
      const challenge = status === 401 && { "www-authenticate": "Bearer" };
      return {
        status,
        headers: { ...headers, ...challenge },
        body: encodeJson(errorData(failure)),
      };
    }
  }

  private caller(request: HeadedRequest): Promise<UserActor> {
    const given = headerOf(request, "authorization") ?? "";
    return this.signIn.requireKey(request.visit, {
      database: headerOf(request, "x-odoo-database"),
      key: /^bearer +(\S+) *$/i.exec(given)?.[1],
    });
  }
}

/** @throws DomainError unsupported_media_type; RpcUsageError */
function argumentsOf(request: HeadedRequest): RpcStruct {
  const body = bodyOf(request);
  const type = headerOf(request, "content-type") ?? "";
  if (body.length > 0 && !/^application\/json *(;|$)/i.test(type))
    throw new DomainError(
      "unsupported_media_type",
      "The Content-Type of the body is another one: send application/json.",
    );
  return decodeJson2Body(body);
}

function modelOf(file: string): string {
  const model = DESCRIPTION.exec(file)?.[1];
  if (model !== undefined) return model;
  throw new DomainError(
    "not_found",
    `There is no ${JSON.stringify(file.slice(0, 80))} here; ask for a model's name with .json behind.`,
  );
}
