import type { DomainError } from "@vworkspace/kernel";
import type { UserActor } from "../../../trust/identity/domain/actor";
import { APPROVERS } from "../../odoo/registry/permissions";
import {
  type ApplicablePolicy,
  isUndecided,
  type RequestedOperation,
} from "../approval-request";
import { keyField } from "./approval-sign-in.page";
import { decisionNote } from "./approval-words";
import { type Html, html } from "./html";
import type { Page } from "./page";
import { visible } from "./visible";

/** More of them is told of, and not shown. */
const MAX_PARAMETERS_CHARACTERS = 16_384;
const MAX_WINDOWS = 10;

export interface ApprovalView {
  readonly operation: RequestedOperation;
  readonly policies: readonly ApplicablePolicy[];
  /** Who looks at it. */
  readonly actor: UserActor;
  /** He came with a key, which he gives again to decide. */
  readonly isByKey: boolean;
  /** What he has just done. */
  readonly decided?: "approve" | "reject";
  /** Why what he wanted wasn't done. */
  readonly refused?: DomainError;
}

/** Whether there is none, or it is somebody else's, looks the same. */
export function absentPage(): Page {
  return {
    title: "There is no such operation",
    body: html`<p>
      There is none of that number in your organization. Open the link in the
      operation's record again.
    </p>`,
  };
}

export function approvalPage(view: ApprovalView): Page {
  const { operation, actor } = view;
  return {
    title: `${operation.type} of ${operation.instance_id[1]}`,
    isWide: true,
    body: html`${notes(view)}
      <dl>
        ${rows(view).map(
          ([term, value]) =>
            html`<div>
              <dt>${term}</dt>
              <dd>${visible(value)}</dd>
            </div>`,
        )}
      </dl>
      <h2>Parameters</h2>
      ${parameters(operation)} ${decision(view)}
      <p class="foot">
        You are ${visible(actor.name)}, with the role ${actor.role}.
      </p>`,
  };
}

function notes({ operation, decided, refused }: ApprovalView): Html[] {
  const { text, isGood } = decisionNote(operation, decided);
  const tone = isGood ? "good" : "";
  const note = html`<p class="note ${tone}">${visible(text)}</p>`;
  if (!refused) return [note];
  return [html`<p class="note bad">${visible(refused.message)}</p>`, note];
}

type Row = readonly [term: string, value: string];

function rows({ operation, policies }: ApprovalView): readonly Row[] {
  const { requested_on_behalf_of: behalf } = operation;
  const asserted: Row[] = behalf
    ? [["On behalf of", `${behalf.login}, as Odoo says; not proven`]]
    : [];
  const more: Row[] = [
    ...policies.flatMap(windowRows),
    ...(policies.some(({ four_eyes }) => four_eyes)
      ? [["Policy", "Four eyes: whoever asked can't approve"] as const]
      : []),
  ];
  return [
    ["Application", operation.instance_id[1]],
    ["Namespace", operation.namespace],
    ["Cluster", operation.cluster_id[1]],
    ["Type", operation.type],
    ["Engine", operation.engine],
    ["Asked for by", operation.requested_by[1]],
    ...asserted,
    ["Asked for at", `${operation.created_at} UTC`],
    ["When it runs", conditionsOf(operation)],
    ...more,
    ["Operation", operation.name],
    ["State", operation.state.replaceAll("_", " ")],
  ];
}

function conditionsOf(operation: RequestedOperation): string {
  const { require_ready, exclusive, timeout_seconds: seconds } = operation;
  const conditions = [
    require_ready ? "the application is ready" : "",
    exclusive ? "nothing else runs on it" : "",
  ].filter(Boolean);
  const start =
    conditions.length === 0
      ? "As soon as it is approved"
      : `Once it is approved, and ${conditions.join(" and ")}`;
  return seconds === false ? start : `${start}; at most ${seconds} s`;
}

function windowRows({
  name,
  maintenance_windows: windows,
}: ApplicablePolicy): readonly Row[] {
  const shown = windows.slice(0, MAX_WINDOWS).map((window) => {
    const parts = Object.entries(window ?? {}) as [string, unknown][];
    return parts
      .map(([term, value]) => `${term.replaceAll("_", " ")} ${String(value)}`)
      .join(", ");
  });
  return shown.length === 0
    ? []
    : [[`Windows of policy ${name}`, shown.join("; ").slice(0, 1000)]];
}

function parameters({ parameters_json: text }: RequestedOperation): Html[] {
  const all = visible(JSON.stringify(JSON.parse(text), null, 2));
  const shown = all.slice(0, MAX_PARAMETERS_CHARACTERS);
  const rest = all.length - shown.length;
  if (rest === 0) return [html`<pre>${shown}</pre>`];
  return [
    html`<pre>${shown}</pre>`,
    html`<p class="note bad">
      ${String(rest)} more characters are not shown here: read parameters_json
      of the record before you decide.
    </p>`,
  ];
}

/** The buttons, for whom they are there; else why not. */
function decision(view: ApprovalView): Html[] {
  const { operation, actor, isByKey } = view;
  if (!isUndecided(operation)) return [];
  if (!APPROVERS.includes(actor.role))
    return [
      html`<p class="note">
        To decide takes the role ${APPROVERS.join(" or ")}; yours is
        ${actor.role}.
      </p>`,
    ];
  const isOwn =
    operation.requested_by[0] === actor.number &&
    operation.requested_on_behalf_of === false;
  const own = isOwn
    ? [
        html`<p class="note">
          You asked for it yourself: somebody else has to approve it.
        </p>`,
      ]
    : [];
  // The first button is what the Enter key presses: it must decide nothing.
  return [
    html`${own}
      <form method="post" autocomplete="off">
        <button name="decision" value="look" hidden tabindex="-1"></button>
        ${isByKey ? keyFields(actor) : []}
        <label
          >Reason, where you reject it
          <textarea name="reason" rows="2" maxlength="1000"></textarea>
        </label>
        <div class="choice">
          ${isOwn ? [] : [approveButton()]}
          <button class="button bad" name="decision" value="reject">
            Reject
          </button>
        </div>
      </form>`,
  ];
}

function approveButton(): Html {
  return html`<button class="button" name="decision" value="approve">
    Approve
  </button>`;
}

function keyFields({ name }: UserActor): Html[] {
  return [
    html`<input type="hidden" name="login" value="${name}" />`,
    keyField("Your API key, once more"),
  ];
}
