import type { OdooModel } from "../../odoo/registry/odoo-model";
import { changingTools } from "./changing-tools";
import { readingTools } from "./reading-tools";
import type { McpTool } from "./tool";

/**
 * Models that an assistant reads. Users, keys, identities and sessions aren't among them: who signs in by what is nothing to
 * hand to a language model.
 */
export const TOLD_MODELS: readonly string[] = [
  "vworkspace.application.instance",
  "vworkspace.operation",
  "vworkspace.operation.schedule",
  "vworkspace.operation.sequence",
  "vworkspace.cluster",
  "vworkspace.catalog.entry",
  "vworkspace.policy",
  "vworkspace.job",
  "vworkspace.event",
  "vworkspace.audit.entry",
  "vworkspace.organization",
];

/** Every tool that there is, whoever may use it. @param models of the registry */
export function makeTools(models: readonly OdooModel[]): McpTool[] {
  const told = TOLD_MODELS.flatMap((name) =>
    models.filter((model) => model.name === name),
  );
  return [...readingTools(told), ...changingTools(told)];
}
