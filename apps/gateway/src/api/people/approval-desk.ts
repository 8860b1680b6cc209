import { Inject, Injectable } from "@nestjs/common";
import { ERROR_STATUS } from "@vworkspace/contract";
import { DomainError } from "@vworkspace/kernel";
import type { RpcValue } from "@vworkspace/odoo-rpc";
import type { FastifyRequest } from "fastify";
import type { UserActor } from "../../trust/identity/domain/actor";
import { coversCall } from "../../trust/identity/domain/key-scopes";
import { KeySignIn } from "../limits/key-sign-in.service";
import { ModelRegistry } from "../odoo/registry/model-registry";
import type { ApprovalForm } from "./approval-form";
import {
  applicablePolicies,
  type ApplicablePolicy,
  OPERATION_FIELDS,
  POLICY_FIELDS,
  requestedOperation,
  type RequestedOperation,
} from "./approval-request";
import { BrowserSessions } from "./browser-sessions";
import { PAGE_OPTIONS, type PageOptions } from "./page-options";
import {
  absentPage,
  type ApprovalView,
  approvalPage,
} from "./pages/approval.pages";
import { approvalSignInPage } from "./pages/approval-sign-in.page";
import { loginPath } from "./pages/login.pages";
import type { Page } from "./pages/page";

const OPERATION = "vworkspace.operation";
const POLICY = "vworkspace.policy";
const METHODS = { approve: "action_approve", reject: "action_reject" } as const;
/** Refusals of a decision that the page shows beside what was to be decided. */
const SHOWN: readonly string[] = [
  "policy_denied",
  "forbidden",
  "validation_failed",
];

export interface Answer {
  readonly page: Page;
  readonly status: number;
}

interface Visitor {
  readonly actor: UserActor;
  readonly isByKey: boolean;
}

/** What came of a decision. */
type Outcome = Pick<ApprovalView, "decided" | "refused">;

/**
 * Where people decide on operations. It asks what any client of the Odoo-shaped API asks, by the same registry: permissions,
 * tenancy, policy and evidence are the same. An API key is in hand for one request and kept nowhere.
 */
@Injectable()
export class ApprovalDesk {
  constructor(
    private readonly registry: ModelRegistry,
    private readonly keys: KeySignIn,
    private readonly sessions: BrowserSessions,
    @Inject(PAGE_OPTIONS) private readonly options: PageOptions,
  ) {}

  async show(request: FastifyRequest, id: string): Promise<Answer> {
    const visitor = await this.bySession(request);
    return visitor ? this.view(visitor, id, {}) : this.signIn(request);
  }

  /** @throws DomainError too_many_requests */
  async decide(
    request: FastifyRequest,
    id: string,
    form: ApprovalForm,
  ): Promise<Answer> {
    const hasKey = form.login !== "" || form.key !== "";
    const visitor = hasKey
      ? await this.byKey(request, form)
      : await this.bySession(request);
    if (!visitor) return this.signIn(request, hasKey);
    const outcome = await this.carryOut(visitor.actor, id, form);
    return this.view(visitor, id, outcome);
  }

  private async bySession(
    request: FastifyRequest,
  ): Promise<Visitor | undefined> {
    const signedIn = await this.sessions.signedIn(request);
    return signedIn && { actor: signedIn.actor, isByKey: false };
  }

  private async byKey(
    { visit }: FastifyRequest,
    { login, key }: ApprovalForm,
  ): Promise<Visitor | undefined> {
    try {
      const actor = await this.keys.require(visit, { login, key });
      return { actor, isByKey: true };
    } catch (error) {
      const isWrong =
        error instanceof DomainError && error.code === "unauthenticated";
      if (isWrong) return undefined;
      throw error;
    }
  }

  /** The same whether there is such an operation or not: nobody has said who he is. */
  private signIn(request: FastifyRequest, isWrong = false): Answer {
    const page = approvalSignInPage({
      isWrong,
      loginPath: this.options.hasProvider
        ? loginPath(request.originalUrl.split("?")[0] ?? "")
        : undefined,
    });
    return { page, status: ERROR_STATUS.unauthenticated };
  }

  private async carryOut(
    actor: UserActor,
    id: string,
    { decision, reason }: ApprovalForm,
  ): Promise<Outcome> {
    const number = numberOf(id);
    if (decision === "look" || number === undefined) return {};
    const args = decision === "reject" ? [[number], reason] : [[number]];
    try {
      await this.ask(actor, OPERATION, METHODS[decision], args);
      return { decided: decision };
    } catch (error) {
      if (!(error instanceof DomainError)) throw error;
      // Then there is none to look at, either.
      if (error.code === "not_found") return {};
      if (!SHOWN.includes(error.code)) throw error;
      return { refused: error };
    }
  }

  private async view(
    { actor, isByKey }: Visitor,
    id: string,
    outcome: Outcome,
  ): Promise<Answer> {
    const operation = await this.operation(actor, id);
    if (!operation)
      return { page: absentPage(), status: ERROR_STATUS.not_found };
    const policies = await this.policies(actor, operation);
    const page = approvalPage({
      ...outcome,
      actor,
      isByKey,
      operation,
      policies,
    });
    const { refused } = outcome;
    return { page, status: refused ? ERROR_STATUS[refused.code] : 200 };
  }

  private async operation(
    actor: UserActor,
    id: string,
  ): Promise<RequestedOperation | undefined> {
    const number = numberOf(id);
    const args = [number === undefined ? [] : [number], OPERATION_FIELDS];
    return requestedOperation(await this.ask(actor, OPERATION, "read", args));
  }

  /** As far as the key's scopes cover them: they are told for information. */
  private async policies(
    actor: UserActor,
    { cluster_id: [cluster] }: RequestedOperation,
  ): Promise<readonly ApplicablePolicy[]> {
    const { key } = actor;
    if (key && !coversCall(key.scopes, POLICY, "search_read")) return [];
    const domain = [
      "|",
      ["cluster_id", "=", false],
      ["cluster_id", "=", cluster],
    ];
    const args = [domain, POLICY_FIELDS];
    return applicablePolicies(
      await this.ask(actor, POLICY, "search_read", args),
    );
  }

  private ask(
    actor: UserActor,
    model: string,
    method: string,
    positional: readonly RpcValue[],
  ): Promise<RpcValue | undefined> {
    const call = { model, method, positional, keywords: {} };
    return this.registry.call(actor, { ...call, wire: "json" });
  }
}

/** The record's integer id, as its address has it; undefined for what can be none. */
function numberOf(id: string): number | undefined {
  const number = /^[1-9]\d{0,9}$/.test(id) ? Number(id) : Infinity;
  return number < 2 ** 31 ? number : undefined;
}
