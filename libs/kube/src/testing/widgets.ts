import type { KubeApi } from "../kube-api";
import type { Kind, KubeObject, ObjectRef } from "../kube-object";

const CRD: Kind = {
  apiVersion: "apiextensions.k8s.io/v1",
  kind: "CustomResourceDefinition",
};
const MANAGER = { fieldManager: "test" };

/** A kind that exists for one test file: a CRD of its own group, with a status subresource. */
export class Widgets {
  readonly kind: Kind;

  constructor(
    private readonly api: KubeApi,
    private readonly group: string,
  ) {
    this.kind = { apiVersion: `${group}/v1`, kind: "Widget" };
  }

  ref(namespace: string, name: string): ObjectRef {
    return { ...this.kind, namespace, name };
  }

  widget(
    namespace: string,
    name: string,
    rest: Record<string, unknown> = { spec: { size: 1 } },
  ): KubeObject {
    return { ...this.kind, metadata: { namespace, name }, ...rest };
  }

  async install(): Promise<void> {
    const { group } = this;
    await this.api.create(
      {
        ...CRD,
        metadata: { name: `widgets.${group}` },
        spec: {
          group,
          scope: "Namespaced",
          names: { kind: "Widget", plural: "widgets", singular: "widget" },
          versions: [
            {
              name: "v1",
              served: true,
              storage: true,
              subresources: { status: {} },
              schema: { openAPIV3Schema: SCHEMA },
            },
          ],
        },
      },
      MANAGER,
    );
  }

  uninstall(): Promise<void> {
    return this.api.delete({ ...CRD, name: `widgets.${this.group}` });
  }
}

const SCHEMA = {
  type: "object",
  properties: {
    spec: {
      type: "object",
      properties: {
        size: { type: "integer", minimum: 1 },
        color: { type: "string" },
      },
    },
    status: {
      type: "object",
      properties: { phase: { type: "string" } },
    },
  },
};

/** A namespace of one test file, under a name that no other run uses. */
export async function makeNamespace(
  api: KubeApi,
  prefix: string,
): Promise<string> {
  const name = `${prefix}-${Date.now().toString(36)}`;
  await api.create(
    { apiVersion: "v1", kind: "Namespace", metadata: { name } },
    MANAGER,
  );
  return name;
}
