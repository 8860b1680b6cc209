import { StatusError } from "../api/status-error";
import { isEqual, isFields } from "../json";
import type { KubeObject } from "../kube-object";
import { compare } from "./compare";
import { conflictsWith, conflictError } from "./conflicts";
import { fieldsOf } from "./collect";
import { difference, union } from "./field-set";
import {
  isSameManager,
  readManagers,
  writeManagers,
  type Manager,
} from "./managers";
import { merge, withoutFields } from "./merge";
import { misfit } from "./misfit";
import { ownable } from "./ownable";
import type { WriteContext } from "./write-context";

/**
 * Server-side apply: what the configuration names is taken over, what it no longer names goes when nobody else owns it,
 * what others own and it would change is a conflict.
 *
 * @param config without the fields its endpoint may not write
 * @throws StatusError 409 with one cause per conflicting field, or 500 when the configuration does not fit the schema
 */
export function applyConfiguration(
  live: KubeObject,
  config: KubeObject,
  context: WriteContext & { readonly isForced: boolean },
): KubeObject {
  const { schema } = context;
  refuseMisfit(config, context);
  const claimed = ownable(fieldsOf(config, schema), context);
  const managers = ownersOf(live, context);
  const others = managers.filter((one) => !isSameManager(one, context.writer));
  const previous = managers.find((one) => isSameManager(one, context.writer));

  const merged = merge(live, config, schema);
  const keep = union(claimed, ...others.map(({ fields }) => fields));
  const remove = difference(previous?.fields ?? new Set(), keep);
  const object = withoutFields(merged, schema, { remove, keep }) as KubeObject;

  const { changed, removed } = compare(live, object, schema);
  const conflicts = conflictsWith(others, changed);
  if (conflicts.length > 0 && !context.isForced) throw conflictError(conflicts);
  const own: Manager = {
    ...context.writer,
    fields: claimed,
    time: isEqual(live, object) ? previous?.time : context.now,
  };
  const left = others.map((one) => ({
    ...one,
    fields: difference(difference(one.fields, changed), removed),
  }));
  return withManagers(object, [...left, own]);
}

/** Any other write: the writer owns what it changed, and whoever owned that does no longer. */
export function trackUpdate(
  live: KubeObject,
  next: KubeObject,
  context: WriteContext,
): KubeObject {
  const comparison = compare(
    withoutManagers(live),
    withoutManagers(next),
    context.schema,
  );
  const changed = ownable(comparison.changed, context);
  const { removed } = comparison;
  const managers =
    givenManagers(next) ?? readManagers(live.metadata.managedFields);
  const previous = managers.find((one) => isSameManager(one, context.writer));
  const others = managers.filter((one) => !isSameManager(one, context.writer));
  const isUntouched = changed.size === 0 && removed.size === 0;
  const own: Manager = {
    ...context.writer,
    fields: difference(union(previous?.fields ?? new Set(), changed), removed),
    time: isUntouched ? previous?.time : context.now,
  };
  const left = others.map((one) => ({
    ...one,
    fields: difference(difference(one.fields, changed), removed),
  }));
  return withManagers(next, [...left, own]);
}

/** What is in an object that nobody is known to own counts as written before the first apply. */
function ownersOf(live: KubeObject, context: WriteContext): Manager[] {
  const managers = readManagers(live.metadata.managedFields);
  if (managers.length > 0 || live.metadata.uid === undefined) return managers;
  const { apiVersion, kind } = live;
  const empty = { apiVersion, kind, metadata: {} };
  const { changed } = compare(empty, live, context.schema);
  const writer = { ...context.writer, operation: "Update" as const };
  return [
    {
      ...writer,
      manager: "before-first-apply",
      time: context.now,
      fields: ownable(changed, context),
    },
  ];
}

/** A writer may edit managedFields itself; `[{}]` clears it. Undefined: it does not, or not in a valid way. */
function givenManagers(next: KubeObject): Manager[] | undefined {
  const given: unknown[] = next.metadata.managedFields ?? [];
  if (given.length === 0) return undefined;
  if (isEqual(given, [{}])) return [];
  const isValid = given.every(
    (entry) => isFields(entry) && isFields(entry["fieldsV1"]),
  );
  return isValid ? readManagers(next.metadata.managedFields) : undefined;
}

function withoutManagers(object: KubeObject): KubeObject {
  const { managedFields: _, ...metadata } = object.metadata;
  return { ...object, metadata };
}

function withManagers(
  object: KubeObject,
  managers: readonly Manager[],
): KubeObject {
  const { managedFields: _, ...metadata } = object.metadata;
  const entries = writeManagers(managers);
  return {
    ...object,
    metadata: {
      ...metadata,
      ...(entries.length > 0 ? { managedFields: entries } : {}),
    },
  };
}

function refuseMisfit(config: KubeObject, context: WriteContext): void {
  const problem = misfit(config, context.schema);
  if (!problem) return;
  const { name, namespace = "" } = config.metadata;
  throw new StatusError(
    500,
    "",
    `failed to create typed patch object (${namespace}/${name}; ${config.apiVersion}, Kind=${config.kind}): ${problem}`,
  );
}
