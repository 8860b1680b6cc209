/** The part of apiextensions.k8s.io/v1 JSONSchemaProps that the simulator evaluates. */
export interface Schema {
  readonly type?: string;
  readonly format?: string;
  readonly properties?: Readonly<Record<string, Schema>>;
  readonly additionalProperties?: boolean | Schema;
  readonly items?: Schema;
  readonly required?: readonly string[];
  readonly default?: unknown;
  readonly enum?: readonly unknown[];
  readonly nullable?: boolean;
  readonly pattern?: string;
  readonly minLength?: number;
  readonly maxLength?: number;
  readonly minimum?: number;
  readonly maximum?: number;
  readonly exclusiveMinimum?: boolean;
  readonly exclusiveMaximum?: boolean;
  readonly multipleOf?: number;
  readonly minItems?: number;
  readonly maxItems?: number;
  readonly minProperties?: number;
  readonly maxProperties?: number;
  readonly allOf?: readonly Schema[];
  readonly anyOf?: readonly Schema[];
  readonly oneOf?: readonly Schema[];
  readonly not?: Schema;
  readonly "x-kubernetes-preserve-unknown-fields"?: boolean;
  readonly "x-kubernetes-embedded-resource"?: boolean;
  readonly "x-kubernetes-int-or-string"?: boolean;
  readonly "x-kubernetes-list-type"?: "atomic" | "set" | "map";
  readonly "x-kubernetes-list-map-keys"?: readonly string[];
  readonly "x-kubernetes-map-type"?: "granular" | "atomic";
  readonly "x-kubernetes-validations"?: readonly unknown[];
}

/** The schema of a named field: the declared one, else that of any further field. Undefined: not declared. */
export function fieldSchema(
  schema: Schema | undefined,
  name: string,
): Schema | undefined {
  if (schema?.properties && Object.hasOwn(schema.properties, name))
    return schema.properties[name];
  const further = schema?.additionalProperties;
  if (further === true) return { "x-kubernetes-preserve-unknown-fields": true };
  return further === false ? undefined : further;
}

export function isDeclared(schema: Schema | undefined, name: string): boolean {
  return Object.hasOwn(schema?.properties ?? {}, name);
}
