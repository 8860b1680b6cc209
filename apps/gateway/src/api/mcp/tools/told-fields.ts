import type { ModelField } from "../../odoo/registry/model-field";
import type { OdooModel } from "../../odoo/registry/odoo-model";

/**
 * Fields of text that hold nothing but what the gateway makes or checks the form of: names of Kubernetes objects, codes,
 * versions, ids. Every other text is somebody's, and marked as that; so is a new field, until it stands here.
 */
export const FORMED: Readonly<Record<string, readonly string[]>> = {
  "vworkspace.organization": ["code"],
  "vworkspace.cluster": ["code"],
  "vworkspace.catalog.entry": ["code", "chart_name", "recommended_version"],
  "vworkspace.application.instance": [
    "name",
    "namespace",
    "catalog_code",
    "chart_version",
    "origin",
  ],
  "vworkspace.operation": ["name", "namespace", "approval_url"],
  "vworkspace.operation.schedule": ["cron", "timezone"],
  "vworkspace.operation.sequence": ["name", "template"],
  "vworkspace.job": ["code", "outcome", "idempotency_key"],
  "vworkspace.audit.entry": [
    "action",
    "address",
    "key_id",
    "session_id",
    "leaf_hash",
    "origin",
    "tool",
  ],
};

const FREE: ReadonlySet<string> = new Set(["char", "text", "html", "json"]);

/** Whether somebody else's words may stand in it: a cluster's, or a person's. */
export function isUntrusted(model: string, field: string, type: string) {
  return FREE.has(type) && !(FORMED[model] ?? []).includes(field);
}

/** Whether the name of a record that a many2one leads to is somebody's words. */
export function isNameUntrusted(field: ModelField): boolean {
  const target = field.target?.();
  return (
    target !== undefined &&
    isUntrusted(target.name, target.displayField, "char")
  );
}

/** The same as another field: whose record it is (always the caller's), and what stands as text beside its struct. */
export function isTold({ name, isExact }: ModelField): boolean {
  return !isExact && name !== "organization_id" && name !== "display_name";
}

/** What an assistant may read of a model. */
export function toldFields(model: OdooModel): readonly ModelField[] {
  return model.fields.filter(isTold);
}
