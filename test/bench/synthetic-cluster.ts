import {
  KubeConnection,
  type KubeObject,
  type KubeRequest,
  type KubeResponse,
  type KubeStream,
} from "@vworkspace/kube";
import {
  WATCHED_KINDS,
  type WatchedKind,
} from "../../apps/agent/src/watches/watched-kinds";

/** Of 20,000 objects, so many are of a kind; the rest of the kinds have one each. */
const SHARES: Readonly<Record<string, number>> = {
  ApplicationInstance: 0.1,
  HelmRelease: 0.1,
  OCIRepository: 0.1,
  Secret: 0.25,
  ConfigMap: 0.1,
  Service: 0.1,
  Ingress: 0.05,
  Deployment: 0.15,
  CustomResourceDefinition: 0.01,
};
const NAMESPACES = 100;
const CLUSTER_SCOPED = new Set([
  "Namespace",
  "Cluster",
  "CustomResourceDefinition",
]);

/** An API server of which only lists are there: as many objects as asked for, as large as they usually are. */
export class SyntheticCluster extends KubeConnection {
  /** Bytes of the lists that were sent. */
  sentBytes = 0;
  objects = 0;

  constructor(private readonly total: number) {
    super();
  }

  override send(request: KubeRequest): Promise<KubeResponse> {
    const text = JSON.stringify(this.answer(request));
    this.sentBytes += text.length;
    return Promise.resolve({ status: 200, text });
  }

  override open(_: KubeRequest, signal: AbortSignal): Promise<KubeStream> {
    return Promise.resolve({ chunks: untilAborted(signal) });
  }

  override close(): Promise<void> {
    return Promise.resolve();
  }

  private answer({ path, query = {}, accept }: KubeRequest): object {
    const row = WATCHED_KINDS.find((one) => path.endsWith(`/${pluralOf(one)}`));
    if (row === undefined) return discovery(path);
    const namespace = /\/namespaces\/([^/]+)\//.exec(path)?.[1];
    const all = this.numbersOf(row, namespace);
    const from = Number(query["continue"] ?? "0");
    const to = from + Number(query["limit"]);
    const isPartial = accept?.includes("PartialObjectMetadata") ?? false;
    const items = all
      .slice(from, to)
      .map((number) => objectOf(row, number))
      .map((object) => (isPartial ? { metadata: object.metadata } : object));
    const next = to < all.length ? { continue: String(to) } : {};
    this.objects += items.length;
    return { metadata: { resourceVersion: "1", ...next }, items };
  }

  private numbersOf(row: WatchedKind, namespace?: string): number[] {
    const count =
      row.kind === "Namespace"
        ? NAMESPACES
        : Math.max(1, Math.round((SHARES[row.kind] ?? 0) * this.total));
    const numbers = Array.from({ length: count }, (_, index) => index);
    return numbers.filter(
      (number) => namespace === undefined || namespaceOf(number) === namespace,
    );
  }
}

function objectOf(
  { apiVersion, kind }: WatchedKind,
  number: number,
): KubeObject {
  const name = kind === "Namespace" ? namespaceOf(number) : `shop-${number}`;
  const isScoped = CLUSTER_SCOPED.has(kind);
  return {
    apiVersion,
    kind,
    metadata: {
      name,
      ...(isScoped ? {} : { namespace: namespaceOf(number) }),
      uid: `6f0c1d2e-0000-4000-8000-${String(number).padStart(12, "0")}`,
      resourceVersion: String(1_000_000 + number),
      generation: 3,
      creationTimestamp: "2026-05-01T08:00:00Z",
      labels: {
        "app.vworkspace.io/managed-by": "control-plane",
        "app.vworkspace.io/application-instance": name,
        "helm.toolkit.fluxcd.io/name": name,
      },
      annotations: copyOf(kind, number),
      managedFields: managersOf(number),
    },
    spec: {
      interval: "10m",
      releaseName: name,
      chartRef: { kind: "OCIRepository", name },
      values: filler("value", 40, number),
    },
    status: {
      observedGeneration: 3,
      conditions: ["Ready", "Released", "TestSuccess"].map((type) => ({
        type,
        status: "True",
        reason: "InstallSucceeded",
        message: `Helm install succeeded for release ${name}.v${number}`,
        lastTransitionTime: "2026-05-01T08:00:00Z",
        observedGeneration: 3,
      })),
      history: filler("history", 12, number),
    },
    ...(kind === "Secret" && { data: filler("secret", 60, number) }),
  };
}

/** What kubectl apply leaves; a CRD's is as long as the CRD. */
function copyOf(kind: string, number: number): Record<string, string> {
  const copy = filler(
    "copy",
    kind === "CustomResourceDefinition" ? 800 : 20,
    number,
  );
  return {
    "kubectl.kubernetes.io/last-applied-configuration": JSON.stringify(copy),
    "vworkspace.io/intent-generation": String(number % 7),
  };
}

function managersOf(number: number) {
  return ["kubectl", "helm-controller", "vworkspace-operator"].map(
    (manager) => ({
      manager,
      operation: "Apply" as const,
      apiVersion: "v1",
      time: "2026-05-01T08:00:00Z",
      fieldsType: "FieldsV1",
      fieldsV1: { "f:spec": filler("f:field", 15, number) },
    }),
  );
}

function filler(name: string, count: number, number: number) {
  return Object.fromEntries(
    Array.from({ length: count }, (_, index) => [
      `${name}-${index}`,
      `${name} ${index} of object ${number}, as long as usual`,
    ]),
  );
}

function discovery(path: string): object {
  const apiVersion = path.replace(/^\/apis?\//, "");
  const rows = WATCHED_KINDS.filter((row) => row.apiVersion === apiVersion);
  const resources = rows.map((row) => ({
    name: pluralOf(row),
    kind: row.kind,
    namespaced: !CLUSTER_SCOPED.has(row.kind),
  }));
  return { resources };
}

function pluralOf({ kind }: WatchedKind): string {
  const lower = kind.toLowerCase();
  if (lower.endsWith("y")) return `${lower.slice(0, -1)}ies`;
  return /(?:s|ss)$/.test(lower) ? `${lower}es` : `${lower}s`;
}

function namespaceOf(number: number): string {
  return `customer-${number % NAMESPACES}`;
}

async function* untilAborted(signal: AbortSignal): AsyncGenerator<Uint8Array> {
  await new Promise((resolve) =>
    signal.addEventListener("abort", resolve, { once: true }),
  );
  yield* [];
}
