import type { CatalogEntry } from "../../catalog/domain/catalog-entry";
import { INSTANCE_KIND, type InstanceIntent } from "./instance";

/** The ApplicationInstance that an intent asks for: a whole manifest, ready to be applied. */
export function instanceManifest(
  intent: InstanceIntent,
  entry: CatalogEntry,
): Record<string, unknown> {
  return {
    ...INSTANCE_KIND,
    metadata: { name: intent.name, namespace: intent.namespace },
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
