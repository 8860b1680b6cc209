import type {
  FluxSource,
  HelmRelease,
  HelmSnapshot,
} from "../reconcilers/application-instance/flux";
import { readyCondition } from "./flux-objects";
import { type World, withDerived } from "./model-world";

/**
 * The next thing that Flux's controllers do about what is there: fetch one chart, or look at the release. The same world
 * again where they have nothing to do. Between two of these the reconciler sees the halves that the real ones leave.
 */
export function fluxRound(world: World): World {
  if (!world.around.hasFlux) return world;
  const rounds = [
    ...Object.keys(world.sources).map((kind) => () => fetchRound(world, kind)),
    () => helmRound(world),
  ];
  for (const round of rounds) {
    const next = round();
    if (JSON.stringify(next) !== JSON.stringify(world)) return next;
  }
  return world;
}

function fetchRound(world: World, kind: string): World {
  const source = world.sources[kind];
  if (source === undefined) return world;
  if (source.metadata.deletionTimestamp !== undefined)
    return withDerived(world, kind, () => undefined);
  const { chartProblem } = world.around;
  const status: FluxSource["status"] = {
    ...source.status,
    observedGeneration: source.metadata.generation ?? 1,
    ...(chartProblem === undefined
      ? fetchedChart(source.spec?.ref?.tag ?? "index")
      : { conditions: [readyCondition("False", "Failed", chartProblem)] }),
  };
  return withDerived(world, kind, (object) => ({ ...object, status }));
}

function fetchedChart(tag: string): FluxSource["status"] {
  return {
    artifact: { revision: `${tag}@sha256:${tag}`, digest: `layer:${tag}` },
    conditions: [readyCondition("True", "Succeeded")],
  };
}

function helmRound(world: World): World {
  const { release, around } = world;
  if (release === undefined) return world;
  if (release.metadata.deletionTimestamp !== undefined)
    // A suspended release goes at once and leaves what it installed.
    return {
      ...world,
      release: undefined,
      releaseSecrets: release.spec?.suspend ? world.releaseSecrets : 0,
    };
  if (release.spec?.suspend) return world;
  const wanted = wantedChart(world, release);
  if (wanted === undefined) return world;
  if (around.releaseProblem !== undefined)
    return failing(world, release, around.releaseProblem);
  return deploying(world, release, wanted);
}

interface Wanted {
  readonly version: string;
  readonly digest: string;
}

/** What the newest artifact holds; undefined while there is none of the tag that is asked for. */
function wantedChart(
  { sources, around }: World,
  { spec }: HelmRelease,
): Wanted | undefined {
  const version = spec?.chart?.spec?.version;
  if (version === undefined) return ofArtifact(sources["OCIRepository"]);
  const isThere = sources["HelmRepository"]?.status?.artifact !== undefined;
  return isThere && around.chartProblem === undefined
    ? { version, digest: "" }
    : undefined;
}

/** helm-controller writes the artifact's digest into the build metadata. */
function ofArtifact(source: FluxSource | undefined): Wanted | undefined {
  const revision = source?.status?.artifact?.revision;
  if (revision === undefined) return undefined;
  const [tag = "", digest = ""] = revision.split("@");
  return { version: `${tag.split("_")[0]}+abc`, digest };
}

function failing(world: World, release: HelmRelease, problem: string): World {
  const { generation = 1 } = release.metadata;
  const status: HelmRelease["status"] = {
    ...release.status,
    observedGeneration: generation,
    conditions: [readyCondition("False", "UpgradeFailed", problem)],
  };
  return { ...world, release: { ...release, status } };
}

function deploying(world: World, release: HelmRelease, wanted: Wanted): World {
  const { generation = 1 } = release.metadata;
  const history = release.status?.history ?? [];
  const isNew =
    history[0]?.chartVersion !== wanted.version ||
    (release.status?.observedGeneration ?? 0) < generation;
  const status: HelmRelease["status"] = {
    observedGeneration: generation,
    lastAttemptedRevisionDigest: wanted.digest,
    history: isNew
      ? [revision(release, wanted), ...superseded(history)]
      : history,
    conditions: [readyCondition("True", "UpgradeSucceeded")],
  };
  return {
    ...world,
    release: { ...release, status },
    releaseSecrets: Math.max(world.releaseSecrets, 1),
  };
}

function revision(release: HelmRelease, { version }: Wanted): HelmSnapshot {
  const [newest] = release.status?.history ?? [];
  return {
    version: (newest?.version ?? 0) + 1,
    status: "deployed",
    chartVersion: version,
    digest: valuesDigest(release.spec),
  };
}

/** Stands for what Helm makes of chart and values. */
export function valuesDigest(spec: unknown): string {
  return JSON.stringify((spec as { values?: unknown }).values ?? {});
}

function superseded(history: readonly HelmSnapshot[]): HelmSnapshot[] {
  return history
    .slice(0, 4)
    .map((snapshot) => ({ ...snapshot, status: "superseded" }));
}
