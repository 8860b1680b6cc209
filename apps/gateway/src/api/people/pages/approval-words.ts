import type { RequestedOperation } from "../approval-request";

/** How an approver was known. */
const KNOWN_BY = {
  key: "with an API key of his own",
  oidc: "signed in at the provider",
  odoo: "on the word of Odoo alone",
} as const;

interface Note {
  readonly text: string;
  readonly isGood: boolean;
}

/** How it stands with the approval, in words. @param decided what whoever reads them has just done */
export function decisionNote(
  operation: RequestedOperation,
  decided: "approve" | "reject" | undefined,
): Note {
  const text = standing(operation);
  switch (decided) {
    case undefined:
      return { text, isGood: false };
    case "approve":
      return {
        text: `You approved it. ${text} The cluster begins when nothing else is in the way.`,
        isGood: true,
      };
    case "reject":
      return { text: `You rejected it. ${text}`, isGood: true };
  }
}

function standing(operation: RequestedOperation): string {
  const { state, cancel, message } = operation;
  switch (operation.approval_state) {
    case "not_required":
      return "It needs no approval.";
    case "rejected":
      return `Rejected by ${rejecter(operation)}. ${message === "" ? "No reason was given." : `Reason: ${message}`}`;
    case "approved":
      return state === "awaiting_approval"
        ? `Approved by ${approver(operation)}, which the cluster doesn't take: ${message} It can be approved again.`
        : `Approved by ${approver(operation)}.`;
    case "required":
      if (["failed", "cancelled"].includes(state))
        return `It has ended (${state}): there is nothing to decide.`;
      return cancel
        ? "It is being cancelled: there is nothing to decide."
        : "It waits for somebody's approval.";
  }
}

function approver(operation: RequestedOperation): string {
  const { approval_method: method, approved_at: at } = operation;
  const known = method === false ? "" : `, ${KNOWN_BY[method]}`;
  const who = named(operation.approved_by, operation.approved_on_behalf_of);
  return `${who}${known}, at ${String(at)} UTC`;
}

function rejecter(operation: RequestedOperation): string {
  const who = named(operation.rejected_by, operation.rejected_on_behalf_of);
  return `${who}, at ${String(operation.rejected_at)} UTC`;
}

function named(
  who: RequestedOperation["approved_by"],
  behalf: RequestedOperation["approved_on_behalf_of"],
): string {
  const name = who === false ? "nobody who is known" : who[1];
  return behalf === false ? name : `${behalf.login} (by ${name})`;
}
