import type {
  ApplicationInstance,
  ApplicationInstanceStatus,
  ReleaseRevision,
} from "@vworkspace/resources";
import { writtenFor } from "./derived-object";
import type { HelmRelease, HelmSnapshot } from "./flux";
import type { Observation } from "./observation";
import { pendingWrites } from "./pending-write.decide";
import { isDeployed } from "./readiness.decide";

/** As many revisions as Helm keeps by default. */
const HISTORY = 10;

/** What is deployed, as Flux tells it; kept where it tells nothing. */
export function releaseFacts(
  seen: Observation,
): Partial<ApplicationInstanceStatus> {
  const { instance, release } = seen;
  if (release === undefined) return {};
  const isWritten = pendingWrites(seen).every(({ isDrift }) => isDrift);
  const { name, namespace = "" } = release.metadata;
  const history = (release.status?.history ?? []).slice(0, HISTORY);
  const known = instance.status?.history ?? [];
  return {
    helmReleaseRef: { name, namespace },
    ...(history.length > 0 && {
      history: history.map((snapshot) => ({
        ...revisionOf(snapshot),
        ...originOf(snapshot, known, release),
      })),
    }),
    ...(isWritten && appliedChart(instance, history[0])),
  };
}

/** Who asked for a revision: what was noted of it, or, of a new one, for whom the release was last written. */
function originOf(
  snapshot: HelmSnapshot,
  known: readonly ReleaseRevision[],
  release: HelmRelease,
): Pick<ReleaseRevision, "requestedBy" | "intentGeneration"> {
  const noted = known.find(
    ({ revision, lastDeployed }) =>
      revision === (snapshot.version ?? 0) &&
      lastDeployed === snapshot.lastDeployed,
  );
  const { requestedBy, intentGeneration } = noted ?? writtenFor(release);
  return {
    ...(requestedBy !== undefined && { requestedBy }),
    ...(intentGeneration !== undefined && { intentGeneration }),
  };
}

/** Only once what is wanted is what is deployed: of an older revision the spec no longer tells where it came from. */
function appliedChart(
  { spec: { chart } }: ApplicationInstance,
  newest: HelmSnapshot | undefined,
): Pick<ApplicationInstanceStatus, "lastAppliedChart"> {
  if (chart === undefined || !isDeployed(newest, chart.version)) return {};
  return {
    lastAppliedChart: {
      sourceType: chart.sourceType,
      url: chart.url,
      name: newest?.chartName ?? chart.name,
      version: newest?.chartVersion ?? chart.version,
    },
  };
}

function revisionOf(snapshot: HelmSnapshot): ReleaseRevision {
  const { chartName, appVersion, digest, firstDeployed, lastDeployed } =
    snapshot;
  return {
    revision: snapshot.version ?? 0,
    chartVersion: snapshot.chartVersion ?? "",
    status: snapshot.status ?? "",
    ...(chartName !== undefined && { chartName }),
    ...(appVersion !== undefined && { appVersion }),
    ...(digest !== undefined && { digest }),
    ...(firstDeployed !== undefined && { firstDeployed }),
    ...(lastDeployed !== undefined && { lastDeployed }),
  };
}
