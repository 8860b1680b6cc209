import type { KindRef } from "./cluster-access";

const ANYTHING = {
  type: "object",
  "x-kubernetes-preserve-unknown-fields": true,
};

export interface DefinedNames {
  readonly plural: string;
  readonly shortNames?: readonly string[];
  /** Whether status is written apart from the rest. */
  readonly hasStatus: boolean;
}

/** A definition of somebody's kind under its own group, version and names, whose schema takes anything. */
export function permissiveDefinition(
  { apiVersion, kind }: KindRef,
  { plural, shortNames = [], hasStatus }: DefinedNames,
): object {
  const [group, version] = apiVersion.split("/");
  const properties = { spec: ANYTHING, status: ANYTHING };
  return {
    apiVersion: "apiextensions.k8s.io/v1",
    kind: "CustomResourceDefinition",
    metadata: { name: `${plural}.${group}` },
    spec: {
      group,
      scope: "Namespaced",
      names: { kind, plural, shortNames },
      versions: [
        {
          name: version,
          served: true,
          storage: true,
          ...(hasStatus && { subresources: { status: {} } }),
          schema: { openAPIV3Schema: { type: "object", properties } },
        },
      ],
    },
  };
}
