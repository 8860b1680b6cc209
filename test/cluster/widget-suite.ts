import { randomBytes } from "node:crypto";
import { applyDefinitions } from "./install-crds";
import { KubeHttp } from "./kube-http";
import { newNamespace } from "./new-namespace";
import { openCluster, type OpenedCluster } from "./open-cluster";
import { widgetDefinition } from "./widget-definition";

/** A cluster with a namespace and a custom kind, Widget, of this spec file's own. */
export class WidgetSuite {
  private constructor(
    readonly cluster: OpenedCluster,
    readonly http: KubeHttp,
    readonly group: string,
    readonly namespace: string,
  ) {}

  static async open(): Promise<WidgetSuite> {
    const cluster = await openCluster();
    const group = `s${randomBytes(4).toString("hex")}.example.com`;
    const { kubeconfigPath } = cluster;
    await applyDefinitions(kubeconfigPath, [widgetDefinition(group)]);
    const namespace = await newNamespace(kubeconfigPath, "suite");
    const http = new KubeHttp(kubeconfigPath);
    return new WidgetSuite(cluster, http, group, namespace);
  }

  async close(): Promise<void> {
    await this.http.close();
    await this.cluster.stop();
  }

  /** Path of the widgets in the suite's namespace, or of one of them. */
  path(name = ""): string {
    const base = `/apis/${this.group}/v1/namespaces/${this.namespace}/widgets`;
    return name === "" ? base : `${base}/${name}`;
  }

  definitionPath(): string {
    return `/apis/apiextensions.k8s.io/v1/customresourcedefinitions/widgets.${this.group}`;
  }

  configMaps(name = ""): string {
    const base = `/api/v1/namespaces/${this.namespace}/configmaps`;
    return name === "" ? base : `${base}/${name}`;
  }

  widget(
    name: string,
    spec?: Readonly<Record<string, unknown>>,
    metadata: Readonly<Record<string, unknown>> = {},
  ): Record<string, unknown> {
    return {
      apiVersion: `${this.group}/v1`,
      kind: "Widget",
      metadata: { name, ...metadata },
      ...(spec ? { spec } : {}),
    };
  }

  /** A widget's status, as applied to its status endpoint. */
  status(name: string, status: Readonly<Record<string, unknown>>) {
    return { ...this.widget(name), status };
  }
}
