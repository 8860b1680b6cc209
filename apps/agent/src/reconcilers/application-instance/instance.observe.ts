import { createHash } from "node:crypto";
import type { Kind, KubeApi, KubeObject } from "@vworkspace/kube";
import {
  type ApplicationInstance,
  APPLICATION_INSTANCE,
  RELEASE_SERVICE_ACCOUNT,
  validateApplicationInstance,
} from "@vworkspace/resources";
import {
  HELM_RELEASE,
  HELM_REPOSITORY,
  OCI_REPOSITORY,
} from "../../watches/watched-kinds";
import type { Watches } from "../../watches/watches";
import type { DerivedWriter } from "./actions/derived-writer";
import {
  type Desired,
  desiredObjects,
  isDerivedFrom,
  valueReferences,
} from "./desired";
import { readEndpoints } from "./endpoints.observe";
import type { FluxSource, HelmRelease } from "./flux";
import { nameHolder } from "./name-holder.decide";
import type { Observation } from "./observation";
import { isInstalled } from "./readiness.decide";

const CRD: Kind = {
  apiVersion: "apiextensions.k8s.io/v1",
  kind: "CustomResourceDefinition",
};

/**
 * Reads what decisions about one instance rest on. Single objects are read from the API server, so that a decision never
 * rests on what a watch has not brought yet; other people's objects come from the watches.
 */
export class InstanceObserver {
  constructor(
    private readonly api: KubeApi,
    private readonly watches: Watches,
    private readonly writer: DerivedWriter,
  ) {}

  async observe(instance: ApplicationInstance): Promise<Observation> {
    const problems = validateApplicationInstance(instance);
    const isManaged = instance.spec?.mode !== "placeholder";
    const nothing: Observation = {
      instance,
      problems,
      missingKinds: [],
      staleSources: [],
      isSourceAsDesired: false,
      isReleaseAsDesired: false,
    };
    if (instance.metadata.deletionTimestamp !== undefined)
      return { ...nothing, ...(await this.deletion(instance)) };
    if (problems.length > 0 || !isManaged) return nothing;
    const missingKinds = this.missingKinds(instance);
    if (missingKinds.length > 0) return { ...nothing, missingKinds };
    return { ...nothing, ...(await this.managed(instance)) };
  }

  private async managed(
    instance: ApplicationInstance,
  ): Promise<Partial<Observation>> {
    const [values, account, held] = await Promise.all([
      this.values(instance),
      this.missingServiceAccount(instance),
      this.get<HelmRelease>(HELM_RELEASE, instance),
    ]);
    const desired = desiredObjects(instance, values.version);
    const source = await this.ownSource(instance, desired);
    const { name } = instance.metadata;
    const release = held && isDerivedFrom(held, name) ? held : undefined;
    const holder = await this.nameHolder(instance, held);
    const refusedWrite = this.writer.refusal(instance);
    return {
      desired,
      ...(values.missing && { missingValues: values.missing }),
      ...(account && { missingServiceAccount: account }),
      ...(holder !== undefined && { nameHolder: holder }),
      ...(release && { release }),
      ...(source && { source }),
      ...(refusedWrite && { refusedWrite }),
      staleSources: this.otherSources(instance, desired.source.kind),
      isSourceAsDesired: this.writer.isDone(source, desired.source),
      isReleaseAsDesired: this.writer.isDone(release, desired.release),
      ...(isInstalled(release) && {
        endpoints: await readEndpoints(this.api, instance),
      }),
    };
  }

  private async deletion(
    instance: ApplicationInstance,
  ): Promise<Partial<Observation>> {
    const { name } = instance.metadata;
    const [held, releaseSecrets, kind] = await Promise.all([
      this.watches.isServed(HELM_RELEASE)
        ? this.get<HelmRelease>(HELM_RELEASE, instance)
        : undefined,
      this.releaseSecrets(instance),
      this.api.get({ ...CRD, name: "applicationinstances.apps.vworkspace.io" }),
    ]);
    return {
      ...(held && isDerivedFrom(held, name) && { release: held }),
      staleSources: this.otherSources(instance),
      deletion: {
        releaseSecrets,
        isKindGoing: kind?.metadata.deletionTimestamp !== undefined,
      },
    };
  }

  private missingKinds(instance: ApplicationInstance): string[] {
    const source =
      instance.spec.chart?.sourceType === "oci"
        ? OCI_REPOSITORY
        : HELM_REPOSITORY;
    return [HELM_RELEASE, source]
      .filter((kind) => !this.watches.isServed(kind))
      .map(({ kind, apiVersion }) => `${kind} (${apiVersion})`);
  }

  private async nameHolder(
    instance: ApplicationInstance,
    sameName: HelmRelease | undefined,
  ): Promise<string | undefined> {
    const secrets = sameName ? 0 : await this.releaseSecrets(instance);
    return nameHolder({
      instance,
      sameName,
      hasHelmRelease: secrets > 0,
      releases: this.watches
        .objects(HELM_RELEASE)
        .values() as Iterable<HelmRelease>,
      instances: this.watches
        .objects(APPLICATION_INSTANCE)
        .values() as Iterable<unknown> as Iterable<ApplicationInstance>,
    });
  }

  /** Helm keeps every revision of a release in a Secret with these labels. */
  private async releaseSecrets(instance: ApplicationInstance): Promise<number> {
    const { release } = instance.spec;
    const { namespace } = instance.metadata;
    if (release === undefined || namespace === undefined) return 0;
    const secrets = await this.api.list(
      { apiVersion: "v1", kind: "Secret" },
      { namespace, labelSelector: `owner=helm,name=${release.name}` },
    );
    return secrets.length;
  }

  private async ownSource(
    instance: ApplicationInstance,
    desired: Desired,
  ): Promise<FluxSource | undefined> {
    return this.get<FluxSource>(desired.source, instance);
  }

  /** Sources of ours of other kinds than the one that is wanted. */
  private otherSources(
    instance: ApplicationInstance,
    wanted?: string,
  ): readonly KubeObject[] {
    const { namespace, name } = instance.metadata;
    return [HELM_REPOSITORY, OCI_REPOSITORY].flatMap((kind) => {
      if (kind.kind === wanted) return [];
      const seen = this.watches.objects(kind).get(`${namespace}/${name}`);
      return seen && isDerivedFrom(seen, name) ? [seen] : [];
    });
  }

  private async missingServiceAccount(
    instance: ApplicationInstance,
  ): Promise<string | undefined> {
    const name = instance.spec.serviceAccountName ?? RELEASE_SERVICE_ACCOUNT;
    const account = await this.api.get({
      apiVersion: "v1",
      kind: "ServiceAccount",
      namespace: instance.metadata.namespace ?? "",
      name,
    });
    return account === undefined ? name : undefined;
  }

  /** The objects that values come from: what is missing, and a digest that changes whenever one of them does. */
  private async values(instance: ApplicationInstance): Promise<{
    readonly missing?: NonNullable<Observation["missingValues"]>;
    readonly version: string | undefined;
  }> {
    const versions: string[] = [];
    for (const { kind, name, key } of valueReferences(instance.spec.values)) {
      const namespace = instance.metadata.namespace ?? "";
      const object = await this.api.get<
        KubeObject & { data?: Record<string, string> }
      >({ apiVersion: "v1", kind, namespace, name });
      if (object?.data?.[key] === undefined) {
        const missing = { kind, what: `${kind} ${name}, key ${key}` };
        return { version: undefined, missing };
      }
      const { uid = "", resourceVersion = "" } = object.metadata;
      versions.push(`${uid}/${resourceVersion}`);
    }
    return { version: versions.length > 0 ? digest(versions) : undefined };
  }

  private get<T extends KubeObject>(
    kind: Kind,
    { metadata }: ApplicationInstance,
  ): Promise<T | undefined> {
    return this.api.get<T>({
      apiVersion: kind.apiVersion,
      kind: kind.kind,
      namespace: metadata.namespace ?? "",
      name: metadata.name,
    });
  }
}

/** A digest of versions, not of values: annotations are no place for what a Secret holds. */
function digest(versions: readonly string[]): string {
  return createHash("sha256")
    .update(versions.join("\n"))
    .digest("hex")
    .slice(0, 32);
}
