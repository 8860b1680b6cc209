import type { ChartValues } from "@vworkspace/resources";

export interface ValueReference {
  readonly kind: "ConfigMap" | "Secret";
  readonly name: string;
  readonly key: string;
}

/** The objects that values come from, the weakest first; what `source` doesn't ask for is left out. */
export function valueReferences(
  values: ChartValues | undefined,
): readonly ValueReference[] {
  const { source, configMapRef, secretRef } = values ?? {};
  const takes = (own: ChartValues["source"]) =>
    source === own || source === "merge";
  return [
    ...(takes("configMapRef") && configMapRef
      ? [{ kind: "ConfigMap" as const, ...configMapRef }]
      : []),
    ...(takes("secretRef") && secretRef
      ? [{ kind: "Secret" as const, ...secretRef }]
      : []),
  ];
}
