import {
  bindDomain,
  type BoundNode,
  isList,
  parseDomain,
  type RpcValue,
} from "@vworkspace/odoo-rpc";
import type { RecordField } from "../../../database/records/record-model";
import type { ModelCall } from "../registry/model-method";
import { ownDomain } from "../registry/own-domain";

type Bound = BoundNode<RecordField>;

/**
 * What the records fulfil that a call asks for: its domain, that the caller may reach them, and that they are active where
 * the model knows that, unless the domain speaks of `active` itself or the context says `active_test: false`.
 * @param also one more domain that they fulfil
 * @returns undefined for all of the organization's records
 * @throws RpcUsageError
 */
export function domainOf(
  call: ModelCall,
  also: readonly RpcValue[] = [],
): Bound | undefined {
  const asked = call.args["domain"] ?? false;
  const parts: RpcValue[] = [ownDomain(call), activeDomain(call), also];
  const domains = parts.filter((part) => isList(part) && part.length > 0);
  if (asked !== false) domains.push(asked);
  const { model } = call.entry;
  const nodes = domains.map((one) => bindDomain(parseDomain(one), model));
  const [only] = nodes;
  return nodes.length > 1 ? { kind: "and", nodes } : only;
}

function activeDomain({ entry, args, context }: ModelCall): RpcValue {
  const { active_test: isTested = true } = context;
  const isAsked =
    entry.model.field("active") !== undefined &&
    Boolean(isTested) &&
    !namesActive(args["domain"]);
  return isAsked ? [["active", "=", true]] : [];
}

function namesActive(domain: RpcValue | undefined): boolean {
  return (
    isList(domain) &&
    domain.some((term) => isList(term) && term[0] === "active")
  );
}
