import type { ExternalMarks } from "../../external-marks";

/** An application that may be deployed: a chart, where it comes from, and which versions of it. `code` is its catalogId. */
export interface CatalogEntry extends CatalogFields, ExternalMarks {
  readonly id: string;
}

export interface CatalogFields {
  readonly code: string;
  readonly name: string;
  readonly chart_source_type: "oci" | "helm";
  readonly chart_url: string;
  readonly chart_name: string;
  /** Exact versions or ranges; empty: any that policy allows. */
  readonly allowed_versions: readonly string[];
  readonly recommended_version: string | null;
  readonly default_values: Readonly<Record<string, unknown>>;
  /** JSON Schema that the values of an instance have to fit, or null. */
  readonly values_schema: Readonly<Record<string, unknown>> | null;
  /** Verb to engines, for example `{backup: "velero,snapshot"}`: what may be done with instances, and by what. */
  readonly capabilities: Readonly<Record<string, string>>;
  readonly active: boolean;
}

export abstract class CatalogStore {
  abstract byId(id: string): Promise<CatalogEntry | undefined>;
  /** The same, holding the row until the transaction ends. */
  abstract lock(id: string): Promise<CatalogEntry | undefined>;
  abstract byCode(code: string): Promise<CatalogEntry | undefined>;
  /** False when the code is taken. */
  abstract add(entry: CatalogEntry): Promise<boolean>;
  abstract save(entry: CatalogEntry): Promise<void>;
  abstract isUsed(id: string): Promise<boolean>;
  abstract remove(id: string): Promise<void>;
}
