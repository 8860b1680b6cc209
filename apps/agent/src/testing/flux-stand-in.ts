import { createHash } from "node:crypto";
import { type KubeClient, type KubeObject, Reflector } from "@vworkspace/kube";
import {
  HELM_RELEASE,
  HELM_REPOSITORY,
  OCI_REPOSITORY,
} from "../watches/watched-kinds";

const MANAGER = { fieldManager: "flux-stand-in" };
const FINALIZER = "finalizers.fluxcd.io";

interface Release extends KubeObject {
  spec: {
    releaseName: string;
    suspend?: boolean;
    chart?: { spec: { version: string; chart: string } };
    chartRef?: { name: string };
  };
  status?: {
    history?: { chartVersion: string; version: number; status: string }[];
  };
}

interface Source extends KubeObject {
  spec: { ref?: { tag?: string }; suspend?: boolean };
  status?: { artifact?: { revision: string; digest: string } };
}

/**
 * Does to Flux objects on an API server without Flux what Flux's controllers would do, as far as their status and Helm's
 * release Secrets are concerned. Charts whose version begins with 0.0. don't exist.
 */
export class FluxStandIn {
  private readonly stopping = new AbortController();
  private running: Promise<unknown> = Promise.resolve();
  private readonly sources = new Map<string, Source>();
  private readonly busy = new Map<string, Promise<void>>();

  constructor(private readonly api: KubeClient) {}

  start(): void {
    const { signal } = this.stopping;
    const sources = [OCI_REPOSITORY, HELM_REPOSITORY].map(
      (kind) =>
        new Reflector<Source>(this.api, kind, {
          onChange: (key, object) => this.onSource(key, object),
        }),
    );
    const releases = new Reflector<Release>(this.api, HELM_RELEASE, {
      onChange: (key, object) => {
        if (object) this.inTurn(key, () => this.reconcile(key));
      },
      resyncMs: 300,
    });
    this.running = Promise.all(
      [...sources, releases].map((reflector) => reflector.start(signal)),
    );
  }

  async stop(): Promise<void> {
    this.stopping.abort();
    await this.running;
    await Promise.all(this.busy.values());
  }

  private onSource(key: string, object: Source | undefined): void {
    if (object === undefined) {
      this.sources.delete(key);
      return;
    }
    this.sources.set(key, object);
    this.inTurn(`source ${object.kind} ${key}`, () => this.fetch(object));
  }

  /** One after the other for each key; what is lost to a race comes again with the next change or resync. */
  private inTurn(key: string, work: () => Promise<void>): void {
    const before = this.busy.get(key) ?? Promise.resolve();
    this.busy.set(
      key,
      before.then(work).catch(() => undefined),
    );
  }

  private async fetch(source: Source): Promise<void> {
    const { generation = 1 } = source.metadata;
    const tag = source.spec.ref?.tag ?? "index";
    const exists = !tag.startsWith("0.0.");
    const digest = `sha256:${hash(`${source.metadata.name} ${tag}`)}`;
    const artifact = {
      digest,
      revision: source.kind === "OCIRepository" ? `${tag}@${digest}` : digest,
      lastUpdateTime: "2026-01-01T00:00:00Z",
      path: "a/b",
      url: "http://source-controller/a/b",
    };
    await this.api.patchStatus<KubeObject>(
      {
        ...source,
        status: {
          observedGeneration: generation,
          ...(exists && { artifact }),
          conditions: [
            condition("Ready", exists, generation, {
              reason: exists ? "Succeeded" : "OCIArtifactPullFailed",
              message: exists ? "stored artifact" : `${tag}: not found`,
            }),
          ],
        },
      },
      MANAGER,
    );
  }

  private async reconcile(key: string): Promise<void> {
    const [namespace = "", name = ""] = key.split("/");
    const release = await this.api.get<Release>({
      ...HELM_RELEASE,
      namespace,
      name,
    });
    if (release === undefined) return;
    if (release.metadata.deletionTimestamp) return this.uninstall(release);
    if (release.spec.suspend) return;
    const finalizers = release.metadata.finalizers ?? [];
    if (!finalizers.includes(FINALIZER)) {
      await this.setFinalizers(release, [...finalizers, FINALIZER]);
      return;
    }
    await this.deploy(release, this.sources.get(key));
  }

  private async deploy(
    release: Release,
    source: Source | undefined,
  ): Promise<void> {
    const artifact = source?.status?.artifact;
    if (artifact === undefined) return;
    const version = chartVersion(release, artifact);
    const history = nextHistory(release, version);
    await this.storeRelease(release, history[0]?.version ?? 1);
    const { generation = 1 } = release.metadata;
    const ready = { reason: "InstallSucceeded", message: "installed" };
    await this.api.patchStatus<KubeObject>(
      {
        ...release,
        status: {
          observedGeneration: generation,
          history,
          lastAttemptedRevision: version,
          ...(release.spec.chartRef && {
            lastAttemptedRevisionDigest: artifact.digest,
          }),
          conditions: [condition("Ready", true, generation, ready)],
        },
      },
      MANAGER,
    );
  }

  private async storeRelease(
    release: Release,
    revision: number,
  ): Promise<void> {
    const { releaseName } = release.spec;
    await this.api.apply(
      {
        apiVersion: "v1",
        kind: "Secret",
        type: "helm.sh/release.v1",
        metadata: {
          name: `sh.helm.release.v1.${releaseName}.v${revision}`,
          namespace: release.metadata.namespace ?? "",
          labels: { owner: "helm", name: releaseName, status: "deployed" },
        },
      },
      { ...MANAGER, force: true },
    );
  }

  /** A suspended release goes at once and leaves everything, as Flux does it. */
  private async uninstall(release: Release): Promise<void> {
    const { namespace = "", finalizers = [] } = release.metadata;
    if (!release.spec.suspend) {
      const secrets = await this.api.list(
        { apiVersion: "v1", kind: "Secret" },
        {
          namespace,
          labelSelector: `owner=helm,name=${release.spec.releaseName}`,
        },
      );
      for (const { metadata } of secrets)
        await this.api.delete({
          apiVersion: "v1",
          kind: "Secret",
          namespace,
          name: metadata.name,
        });
    }
    await this.setFinalizers(
      release,
      finalizers.filter((finalizer) => finalizer !== FINALIZER),
    );
  }

  private async setFinalizers(
    release: Release,
    finalizers: string[],
  ): Promise<void> {
    const { namespace = "", name, resourceVersion } = release.metadata;
    await this.api.patch(
      { ...HELM_RELEASE, namespace, name },
      { metadata: { resourceVersion, finalizers } },
      MANAGER,
    );
  }
}

/** helm-controller adds the beginning of an OCI artifact's digest as build metadata. */
function chartVersion(
  release: Release,
  artifact: { readonly revision: string; readonly digest: string },
): string {
  const tag = artifact.revision.split("@")[0] ?? "";
  const wanted = release.spec.chart?.spec.version;
  const plain = tag.split("_")[0] ?? "";
  return wanted ?? `${plain}+${artifact.digest.slice(7, 19)}`;
}

function nextHistory(release: Release, version: string) {
  const [newest, ...older] = release.status?.history ?? [];
  if (newest === undefined) return [snapshot(release, version, 1)];
  if (newest.chartVersion === version)
    return [snapshot(release, version, newest.version), ...older];
  return [
    snapshot(release, version, newest.version + 1),
    { ...newest, status: "superseded" },
  ];
}

function snapshot(release: Release, version: string, revision: number) {
  const time = "2026-01-01T00:00:00Z";
  const { namespace = "", name } = release.metadata;
  return {
    name: release.spec.releaseName,
    namespace,
    chartName: release.spec.chart?.spec.chart ?? name,
    chartVersion: version,
    version: revision,
    status: "deployed",
    digest: `sha256:${hash(version)}`,
    configDigest: `sha256:${hash("config")}`,
    firstDeployed: time,
    lastDeployed: time,
  };
}

function condition(
  type: string,
  isTrue: boolean,
  observedGeneration: number,
  text: { readonly reason: string; readonly message: string },
) {
  return {
    type,
    status: isTrue ? "True" : "False",
    ...text,
    observedGeneration,
    lastTransitionTime: "2026-01-01T00:00:00Z",
  };
}

function hash(text: string): string {
  return createHash("sha256").update(text).digest("hex");
}
