import { DomainError } from "@vworkspace/kernel";

/** What an Odoo is told of, in the order in which records refer to each other: what comes first refers to nothing after it. */
export const SYNCED_MODELS = [
  "vworkspace.cluster",
  "vworkspace.catalog.entry",
  "vworkspace.policy",
  "vworkspace.application.instance",
  "vworkspace.operation",
  "vworkspace.job",
] as const;
export type SyncedModel = (typeof SYNCED_MODELS)[number];

/** The number that the outbox keeps for a model. */
export function modelNumber(model: SyncedModel): number {
  return SYNCED_MODELS.indexOf(model) + 1;
}

/** @throws Error for a number that stands for none */
export function modelOf(number: number): SyncedModel {
  const model = SYNCED_MODELS[number - 1];
  if (model === undefined)
    throw new Error(`No model has the number ${number}.`);
  return model;
}

/** Models whose records Odoo makes too, and so has a name of its own for. */
export const REFERENCED_MODELS = [
  "vworkspace.catalog.entry",
  "vworkspace.policy",
  "vworkspace.application.instance",
  "vworkspace.operation",
] as const;
export type ReferencedModel = (typeof REFERENCED_MODELS)[number];

/** Models that both sides compare. */
export const COMPARED_MODELS = [
  "vworkspace.application.instance",
  "vworkspace.operation",
] as const;
export type ComparedModel = (typeof COMPARED_MODELS)[number];

/** @throws DomainError validation_failed */
export function requireReferenced(model: string): ReferencedModel {
  return requireOneOf(model, REFERENCED_MODELS);
}

/** @throws DomainError validation_failed */
export function requireCompared(model: string): ComparedModel {
  return requireOneOf(model, COMPARED_MODELS);
}

function requireOneOf<T extends string>(
  model: string,
  models: readonly T[],
): T {
  const found = models.find((one) => one === model);
  if (found !== undefined) return found;
  throw new DomainError(
    "validation_failed",
    `model is "${model.slice(0, 80)}": it can be ${models.join(" or ")}.`,
  );
}
