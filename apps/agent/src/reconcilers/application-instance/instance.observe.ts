import type { Clock } from "@vworkspace/kernel";
import {
  type Kind,
  KindMissingError,
  type KubeApi,
  keyOf,
  type KubeObject,
} from "@vworkspace/kube";
import {
  type ApplicationInstance,
  APPLICATION_INSTANCE,
  ANNOTATIONS,
  validateApplicationInstance,
} from "@vworkspace/resources";
import {
  EVENT,
  HELM_RELEASE,
  HELM_REPOSITORY,
  INGRESS,
  OCI_REPOSITORY,
} from "../../watches/watched-kinds";
import type { Watches } from "../../watches/watches";
import type { DerivedWriter } from "./actions/derived-writer";
import { isDerivedFrom } from "./derived-object";
import { desiredObjects } from "./desired";
import { currentDrift } from "./drift.decide";
import { readEndpoints } from "./endpoints.observe";
import type { FluxSource, HelmRelease } from "./flux";
import { NO_INTEGRATIONS } from "./integrations/integrations-seen";
import { IntegrationObserver } from "./integrations/integrations.observe";
import { inventoryOf } from "./inventory.decide";
import { nameHolder } from "./name-holder.decide";
import type { Observation } from "./observation";
import { followProbes } from "./probes/follow-probes";
import type { ProbeRounds } from "./probes/probe-rounds";
import { isInstalled } from "./readiness.decide";
import { readReleaseAccount } from "./release-account.observe";
import {
  isGoingWithItsNamespace,
  missingOptIn,
  orForbidden,
} from "./rights.observe";
import { readValues } from "./values.observe";

/** What there is of an instance that is going. */
interface Leftovers {
  readonly release: HelmRelease | undefined;
  readonly releaseSecrets: number;
  readonly sources: readonly KubeObject[];
  readonly integrations: readonly KubeObject[];
}

const NOTHING_LEFT: Leftovers = {
  release: undefined,
  releaseSecrets: 0,
  sources: [],
  integrations: [],
};

const CRD: Kind = {
  apiVersion: "apiextensions.k8s.io/v1",
  kind: "CustomResourceDefinition",
};

export interface InstanceObserverOptions {
  readonly api: KubeApi;
  readonly watches: Watches;
  readonly writer: DerivedWriter;
  readonly probes: ProbeRounds;
  readonly clock: Clock;
}

/**
 * Reads what decisions about one instance rest on. Single objects are read from the API server, so that a decision never
 * rests on what a watch has not brought yet; other people's objects come from the watches.
 */
export class InstanceObserver {
  private readonly integrations: IntegrationObserver;

  constructor(private readonly options: InstanceObserverOptions) {
    this.integrations = new IntegrationObserver(options);
  }

  async observe(instance: ApplicationInstance): Promise<Observation> {
    const problems = validateApplicationInstance(instance);
    const isManaged = instance.spec?.mode !== "placeholder";
    const nothing: Observation = {
      instance,
      now: this.options.clock.now(),
      problems,
      missingKinds: [],
      staleSources: [],
      isSourceAsDesired: false,
      isReleaseAsDesired: false,
      integrations: NO_INTEGRATIONS,
    };
    const { api, watches } = this.options;
    const optInMissing = await missingOptIn(api, watches, instance);
    if (optInMissing !== undefined) {
      this.forget(keyOf(instance));
      return { ...nothing, optInMissing };
    }
    if (instance.metadata.deletionTimestamp !== undefined) {
      this.forget(keyOf(instance));
      return {
        ...nothing,
        ...(await orForbidden(instance, this.deletion(instance))),
      };
    }
    if (problems.length > 0 || !isManaged) return nothing;
    const isOci = instance.spec.chart?.sourceType === "oci";
    const missingKinds = this.missingKinds([
      HELM_RELEASE,
      isOci ? OCI_REPOSITORY : HELM_REPOSITORY,
    ]);
    if (missingKinds.length > 0) return { ...nothing, missingKinds };
    return {
      ...nothing,
      ...(await orForbidden(instance, this.managed(instance))),
    };
  }

  /** For an instance that is no more, or that is going. */
  forget(instanceKey: string): void {
    this.options.probes.forget(instanceKey);
  }

  private async managed(
    instance: ApplicationInstance,
  ): Promise<Partial<Observation>> {
    const { api, writer } = this.options;
    const [values, account, held] = await Promise.all([
      readValues(api, instance),
      readReleaseAccount(api, instance),
      this.get<HelmRelease>(HELM_RELEASE, instance),
    ]);
    const desired = desiredObjects(instance, values.version);
    const named = await this.get<FluxSource>(desired.source, instance);
    const source = ownOf(instance, named);
    const release = ownOf(instance, held);
    const holder = await this.nameHolder(instance, held);
    const integrations = await this.integrations.observe(
      instance,
      desired.integrations,
    );
    const ingress = integrations.wanted.find(
      ({ actual }) => actual?.kind === INGRESS.kind,
    )?.actual;
    return {
      desired,
      integrations,
      ...(values.missing && { missingValues: values.missing }),
      ...(account && { releaseAccount: account }),
      ...(holder !== undefined && { nameHolder: holder }),
      ...sourceHolder(instance, named),
      ...(release && {
        release,
        ...(await this.outcome(instance, release, ingress)),
      }),
      ...(source && { source }),
      ...writer.refusal(instance),
      staleSources: this.otherSources(instance, desired.source.kind),
      isSourceAsDesired: writer.isDone(instance, source, desired.source),
      isReleaseAsDesired: writer.isDone(instance, release, desired.release),
    };
  }

  /** What came of a release, once there is one. */
  private async outcome(
    instance: ApplicationInstance,
    release: HelmRelease,
    ingress: KubeObject | undefined,
  ): Promise<Partial<Observation>> {
    const { api, watches, probes, clock } = this.options;
    if (!isInstalled(release)) return {};
    const inventory = inventoryOf(release);
    const drift = watches.isWatched(EVENT)
      ? currentDrift(release, watches.objects(EVENT).values(), clock.now())
      : undefined;
    const unreachable = await followProbes({ api, watches, probes }, instance);
    return {
      endpoints: await readEndpoints({ api, watches }, instance, ingress),
      ...(inventory && { inventory }),
      ...(drift && { drifted: drift.drifted, lookAgainAt: drift.overAtMs }),
      ...(unreachable && { unreachable }),
    };
  }

  private async deletion(
    instance: ApplicationInstance,
  ): Promise<Partial<Observation>> {
    const kind = await this.options.api.get({
      ...CRD,
      name: "applicationinstances.apps.vworkspace.io",
    });
    const missingKinds = this.missingKinds([HELM_RELEASE]);
    const isKindGoing = kind?.metadata.deletionTimestamp !== undefined;
    // Then nothing is uninstalled, whatever there is.
    if (isKindGoing)
      return { missingKinds, deletion: { releaseSecrets: 0, isKindGoing } };
    const left = await this.leftovers(instance).catch((error: unknown) => {
      const { watches } = this.options;
      if (isGoingWithItsNamespace(watches, instance, error))
        return NOTHING_LEFT;
      throw error;
    });
    return {
      missingKinds,
      staleSources: left.sources,
      integrations: { ...NO_INTEGRATIONS, stale: left.integrations },
      ...(left.release && { release: left.release }),
      deletion: { releaseSecrets: left.releaseSecrets, isKindGoing },
    };
  }

  private async leftovers(instance: ApplicationInstance): Promise<Leftovers> {
    const [held, releaseSecrets, sources, integrations] = await Promise.all([
      this.getIfServed<HelmRelease>(HELM_RELEASE, instance),
      this.releaseSecrets(instance),
      this.ownSources(instance),
      this.integrations.leftovers(instance),
    ]);
    const release = ownOf(instance, held);
    return { release, releaseSecrets, sources, integrations };
  }

  private missingKinds(kinds: readonly Kind[]): string[] {
    return kinds
      .filter((kind) => !this.options.watches.isServed(kind))
      .map(({ kind, apiVersion }) => `${kind} (${apiVersion})`);
  }

  private async nameHolder(
    instance: ApplicationInstance,
    sameName: HelmRelease | undefined,
  ): Promise<string | undefined> {
    const { watches } = this.options;
    const secrets = sameName ? 0 : await this.releaseSecrets(instance);
    return nameHolder({
      instance,
      sameName,
      hasHelmRelease: secrets > 0,
      releases: [
        ...(watches.objects(HELM_RELEASE).values() as Iterable<HelmRelease>),
      ],
      instances: [
        ...watches.objects(APPLICATION_INSTANCE).values(),
      ] as unknown as ApplicationInstance[],
    });
  }

  /** Helm keeps every revision of a release in a Secret with these labels. */
  private async releaseSecrets(instance: ApplicationInstance): Promise<number> {
    const { release } = instance.spec;
    const { namespace } = instance.metadata;
    if (release === undefined || namespace === undefined) return 0;
    const secrets = await this.options.api.list(
      { apiVersion: "v1", kind: "Secret" },
      {
        namespace,
        labelSelector: `owner=helm,name=${release.name}`,
        metadataOnly: true,
      },
    );
    return secrets.length;
  }

  /** Sources of ours of other kinds than the one that is wanted. */
  private otherSources(
    instance: ApplicationInstance,
    wanted: string,
  ): readonly KubeObject[] {
    const { namespace, name } = instance.metadata;
    return [HELM_REPOSITORY, OCI_REPOSITORY].flatMap((kind) => {
      if (kind.kind === wanted) return [];
      const { watches } = this.options;
      const seen = watches.objects(kind).get(`${namespace}/${name}`);
      return ownOf(instance, seen) ?? [];
    });
  }

  /** Read one by one: a source that a watch has not brought yet would be left behind for good. */
  private async ownSources(
    instance: ApplicationInstance,
  ): Promise<readonly KubeObject[]> {
    const seen = await Promise.all(
      [HELM_REPOSITORY, OCI_REPOSITORY].map((kind) =>
        this.getIfServed(kind, instance),
      ),
    );
    return seen.flatMap((source) => ownOf(instance, source) ?? []);
  }

  private get<T extends KubeObject>(
    kind: Kind,
    { metadata }: ApplicationInstance,
  ): Promise<T | undefined> {
    return this.options.api.get<T>({
      apiVersion: kind.apiVersion,
      kind: kind.kind,
      namespace: metadata.namespace ?? "",
      name: metadata.name,
    });
  }

  /** With its kind, the object is gone as well. */
  private async getIfServed<T extends KubeObject>(
    kind: Kind,
    instance: ApplicationInstance,
  ): Promise<T | undefined> {
    try {
      return await this.get<T>(kind, instance);
    } catch (error) {
      if (error instanceof KindMissingError) return undefined;
      throw error;
    }
  }
}

function ownOf<T extends KubeObject>(
  { metadata }: ApplicationInstance,
  object: T | undefined,
): T | undefined {
  return object && isDerivedFrom(object, metadata.name) ? object : undefined;
}

/** Whoever made a source under our name keeps it, unless the instance says adopt. */
function sourceHolder(
  instance: ApplicationInstance,
  named: FluxSource | undefined,
): Pick<Observation, "sourceHolder"> {
  const isOurs = ownOf(instance, named) !== undefined;
  const mayAdopt =
    instance.metadata.annotations?.[ANNOTATIONS.adopt] === "true";
  if (named === undefined || isOurs || mayAdopt) return {};
  return { sourceHolder: `${named.kind} ${named.metadata.name}` };
}
