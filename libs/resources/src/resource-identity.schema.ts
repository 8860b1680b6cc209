import { dnsLabel, dnsSubdomain } from "./schema-parts";
import type { StructuralSchema } from "./structural-schema";

const texts = (description: string): StructuralSchema => ({
  type: "object",
  description,
  additionalProperties: {
    type: "string",
    description: "A text.",
    maxLength: 262144,
  },
});

/** Names of instances become the value of a label, which has at most 63 characters. */
export const instanceName: StructuralSchema = {
  ...dnsLabel,
  description: "Name of the instance: a DNS label, since it becomes a label.",
};

export const objectName: StructuralSchema = {
  ...dnsSubdomain,
  description: "Name of the object.",
};

/** What a whole object of a kind looks like, as far as this product relies on it; the status is the server's business. */
export function wholeObjectSchema(options: {
  readonly apiVersion: string;
  readonly kind: string;
  readonly name: StructuralSchema;
  readonly isNamespaced: boolean;
  readonly spec: StructuralSchema;
  readonly isSpecRequired: boolean;
}): StructuralSchema {
  const { apiVersion, kind, name, isNamespaced, spec, isSpecRequired } =
    options;
  return {
    type: "object",
    description: `A ${kind}.`,
    required: ["apiVersion", "kind", "metadata"].concat(
      isSpecRequired ? ["spec"] : [],
    ),
    properties: {
      apiVersion: {
        type: "string",
        description: "Group and version.",
        enum: [apiVersion],
      },
      kind: { type: "string", description: "Kind.", enum: [kind] },
      metadata: metadataSchema(name, isNamespaced),
      spec,
    },
  };
}

function metadataSchema(
  name: StructuralSchema,
  isNamespaced: boolean,
): StructuralSchema {
  const namespace: StructuralSchema = {
    ...dnsLabel,
    description: "Namespace of the object.",
  };
  return {
    type: "object",
    description: "meta/v1 ObjectMeta.",
    required: isNamespaced ? ["name", "namespace"] : ["name"],
    properties: {
      name,
      ...(isNamespaced ? { namespace } : {}),
      labels: texts("Labels."),
      annotations: texts("Annotations."),
      finalizers: {
        type: "array",
        description: "Finalizers.",
        items: { type: "string", description: "A finalizer." },
      },
    },
  };
}
