/** A kind with one field of each sort that ownership, schema and status treat differently. */
export function widgetDefinition(group: string): object {
  return {
    apiVersion: "apiextensions.k8s.io/v1",
    kind: "CustomResourceDefinition",
    metadata: { name: `widgets.${group}` },
    spec: {
      group,
      scope: "Namespaced",
      names: { plural: "widgets", kind: "Widget", shortNames: ["wi"] },
      versions: [
        {
          name: "v1",
          served: true,
          storage: true,
          subresources: { status: {} },
          schema: {
            openAPIV3Schema: {
              type: "object",
              properties: { spec: SPEC, status: STATUS },
            },
          },
        },
      ],
    },
  };
}

const STRING = { type: "string" };

const SPEC = {
  type: "object",
  required: ["name"],
  properties: {
    name: { type: "string", minLength: 2, maxLength: 8, pattern: "^[a-z]+$" },
    mode: { type: "string", enum: ["fast", "slow"], default: "fast" },
    size: { type: "integer", minimum: 1, maximum: 10 },
    since: { type: "string", format: "date-time" },
    note: { type: "string", nullable: true },
    tags: { type: "array", "x-kubernetes-list-type": "set", items: STRING },
    ports: {
      type: "array",
      "x-kubernetes-list-type": "map",
      "x-kubernetes-list-map-keys": ["name"],
      items: {
        type: "object",
        required: ["name"],
        properties: { name: STRING, port: { type: "integer" } },
      },
    },
    words: { type: "array", maxItems: 3, items: STRING },
    free: { type: "object", "x-kubernetes-preserve-unknown-fields": true },
    settings: {
      type: "object",
      properties: {
        isOn: { type: "boolean", default: true },
        level: { "x-kubernetes-int-or-string": true },
      },
    },
    groups: {
      type: "object",
      additionalProperties: { type: "object", properties: { a: STRING } },
    },
    either: {
      type: "object",
      properties: { a: STRING, b: STRING },
      oneOf: [{ required: ["a"] }, { required: ["b"] }],
    },
  },
};

const STATUS = {
  type: "object",
  properties: {
    phase: STRING,
    conditions: {
      type: "array",
      "x-kubernetes-list-type": "map",
      "x-kubernetes-list-map-keys": ["type"],
      items: {
        type: "object",
        required: ["type"],
        properties: { type: STRING, status: STRING },
      },
    },
  },
};
