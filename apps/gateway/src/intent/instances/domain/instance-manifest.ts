import { ANNOTATIONS, type MaintenanceWindow } from "@vworkspace/resources";
import type { Actor } from "../../../trust/identity/domain/actor";
import { capabilityAnnotations } from "../../catalog/domain/capabilities";
import type { CatalogEntry } from "../../catalog/domain/catalog-entry";
import { INSTANCE_KIND, type InstanceIntent } from "./instance";

/** What a manifest holds besides the intent. */
interface Besides {
  /** Who asks; named as in the audit log by ids, never by login: the manifest leaves our reach. */
  readonly actor?: Actor;
  /** When changes may be applied, as policies say. */
  readonly windows?: readonly MaintenanceWindow[];
}

/** The ApplicationInstance that an intent asks for: a whole manifest, ready to be applied. */
export function instanceManifest(
  intent: InstanceIntent,
  entry: CatalogEntry,
  { actor, windows = [] }: Besides = {},
): Record<string, unknown> {
  const annotations = {
    ...capabilityAnnotations(entry.capabilities),
    ...(actor && { [ANNOTATIONS.requestedBy]: requestedBy(actor) }),
  };
  return {
    ...INSTANCE_KIND,
    metadata: {
      name: intent.name,
      namespace: intent.namespace,
      ...(Object.keys(annotations).length > 0 && { annotations }),
    },
    spec: {
      mode: "managed",
      appRef: { catalogId: entry.code },
      chart: {
        sourceType: entry.chart_source_type,
        url: entry.chart_url,
        name: entry.chart_name,
        version: intent.chart_version,
      },
      release: { name: intent.name, namespace: intent.namespace },
      values: values(intent),
      ...(Object.keys(intent.integrations).length > 0
        ? { integrations: intent.integrations }
        : {}),
      suspend: intent.suspended,
      ...(windows.length > 0 && { policy: { maintenanceWindows: windows } }),
    },
  };
}

function values(intent: InstanceIntent): Record<string, unknown> {
  const inline = JSON.parse(intent.values_json) as Record<string, unknown>;
  if (intent.values_secret_ref === null) return { source: "inline", inline };
  const source = Object.keys(inline).length === 0 ? "secretRef" : "merge";
  return {
    source,
    secretRef: intent.values_secret_ref,
    ...(source === "merge" ? { inline } : {}),
  };
}

function requestedBy({ type, id, onBehalfOf }: Actor): string {
  const behalf = onBehalfOf === undefined ? "" : `/odoo/${onBehalfOf.odoo_uid}`;
  return `${type}/${id}${behalf}`;
}
