import { fieldsAt, isEqual, isFields, stringAt, valueAt } from "../../json";
import { objectKey, type KubeObject } from "../../kube-object";
import type { FetchStep } from "../../script/course";
import type { Change } from "../../store/store";
import { refOf, type ClusterAccess } from "../cluster-access";
import type { Controller } from "../controller";
import {
  artifactStatus,
  fetchChart,
  fetchIndex,
  fetchOciArtifact,
  type Fetched,
} from "./artifacts";
import {
  conditionOf,
  isObserved,
  isTrue,
  withConditions,
  type FluxCondition,
} from "./flux-conditions";
import {
  FLUX_FINALIZER,
  HELM_CHART,
  HELM_REPOSITORY,
  REQUESTED_AT,
  RESOURCE_OF,
} from "./flux-kinds";
import { factsOfSource } from "./course-facts";
import { PacedWork, type Surroundings } from "../paced-work";

const RESOURCES: readonly string[] = [
  RESOURCE_OF.HelmRepository,
  RESOURCE_OF.OCIRepository,
  RESOURCE_OF.HelmChart,
];

/** Reasons of a chart that waits for its repository. */
const WITHOUT_REPOSITORY = ["SourceUnavailable", "NoSourceArtifact"];
const IN_PROGRESS = "Progressing";

/** Stands in for Flux's source-controller: says of every source whether what it points to is there. Fetches nothing. */
export class SourceController implements Controller {
  private readonly work: PacedWork;

  constructor(
    private readonly cluster: ClusterAccess,
    private readonly surroundings: Surroundings,
  ) {
    this.work = new PacedWork(surroundings, {
      look: (id) => this.look(id),
      finish: (id) => this.finish(id),
    });
  }

  onChange({ resource, key, type, object }: Change): void {
    if (!RESOURCES.includes(resource) || type === "DELETED") return;
    this.work.look(`${resource} ${key}`);
    if (resource === RESOURCE_OF.HelmRepository) this.lookAtCharts(object);
  }

  stop(): void {
    this.work.stop();
  }

  /** A chart that waits for its repository is looked at again when that changes. */
  private lookAtCharts({ metadata }: KubeObject): void {
    const { namespace, name } = metadata;
    const charts = this.cluster.select(
      HELM_CHART,
      (chart) =>
        chart.metadata.namespace === namespace &&
        stringAt(chart, "spec", "sourceRef", "name") === name,
    );
    for (const chart of charts) {
      const key = objectKey(namespace, chart.metadata.name);
      this.work.look(`${RESOURCE_OF.HelmChart} ${key}`);
    }
  }

  private look(id: string): void {
    const source = this.find(id);
    if (!source) return;
    if (source.metadata.deletionTimestamp !== undefined) {
      this.cluster.removeFinalizer(source, FLUX_FINALIZER);
      return;
    }
    this.cluster.addFinalizer(source, FLUX_FINALIZER);
    if (isIdle(source)) return;
    if (this.isDone(source)) {
      if (this.isFetchedAgain(source)) this.work.finish(id);
      return;
    }
    const message = "reconciliation in progress";
    const progress = { reason: IN_PROGRESS, message };
    this.report(source, {}, [
      { type: "Reconciling", status: "True", ...progress },
      { type: "Ready", status: "Unknown", ...progress },
    ]);
    this.work.finish(id);
  }

  private finish(id: string): void {
    const source = this.find(id);
    if (!source || source.metadata.deletionTimestamp !== undefined) return;
    if (isIdle(source)) return;
    if (this.isDone(source) && !this.isFetchedAgain(source)) return;
    const fetched = this.fetch(source);
    const { reason, message } = fetched;
    const observed = {
      observedGeneration: source.metadata.generation,
      ...handled(source),
    };
    if (!fetched.isFound) {
      // What was fetched before stays: a release goes on with it.
      this.report(
        source,
        observed,
        [
          { type: "Ready", status: "False", reason, message },
          { type: "FetchFailed", status: "True", reason, message },
        ],
        ["Reconciling"],
      );
      return;
    }
    const artifact = artifactStatus(source, fetched, this.now());
    const old = fieldsAt(source, "status", "artifact");
    const isSame = old["revision"] === artifact["revision"];
    this.report(
      source,
      { ...observed, artifact: isSame ? old : artifact },
      [
        { type: "Ready", status: "True", reason, message },
        { type: "ArtifactInStorage", status: "True", reason, message },
      ],
      ["Reconciling", "FetchFailed"],
    );
  }

  private fetch(source: KubeObject): Fetched {
    if (source.kind === "HelmChart") {
      const problem = this.missingRepository(source);
      return problem ?? fetchChart(source, this.step(source));
    }
    const fetch =
      source.kind === "OCIRepository" ? fetchOciArtifact : fetchIndex;
    return fetch(source, this.step(source));
  }

  private step(source: KubeObject): FetchStep {
    const { courses } = this.surroundings;
    const facts = factsOfSource(source, this.cluster);
    return courses.fetch(source.metadata.uid ?? "", facts);
  }

  /** It failed, and its course has something else in store. */
  private isFetchedAgain(source: KubeObject): boolean {
    if (!isTrue(source, "FetchFailed") || this.missingRepository(source))
      return false;
    const facts = factsOfSource(source, this.cluster);
    const { courses } = this.surroundings;
    return courses.isFetchedAgain(source.metadata.uid ?? "", facts);
  }

  private missingRepository(chart: KubeObject): Fetched | undefined {
    if (chart.kind !== "HelmChart") return undefined;
    const name = stringAt(chart, "spec", "sourceRef", "name");
    const { namespace } = chart.metadata;
    const repository = this.cluster.get({
      ...HELM_REPOSITORY,
      namespace,
      name,
    });
    if (!repository)
      return {
        isFound: false,
        reason: "SourceUnavailable",
        message: `failed to get source: HelmRepository.source.toolkit.fluxcd.io "${name}" not found`,
      };
    if (isFields(valueAt(repository, "status", "artifact"))) return undefined;
    return {
      isFound: false,
      reason: "NoSourceArtifact",
      message: `no artifact available for HelmRepository source '${name}'`,
    };
  }

  /** Seen in this generation, and nothing new to be found: a chart whose repository has come since is not done. */
  private isDone(source: KubeObject): boolean {
    if (!isObserved(source, requestedAt(source))) return false;
    if (source.kind !== "HelmChart") return true;
    const ready = conditionOf(source, "Ready");
    const problem = this.missingRepository(source);
    if (stringAt(ready, "reason") === IN_PROGRESS) return false;
    return problem
      ? stringAt(ready, "message") === problem.message
      : !WITHOUT_REPOSITORY.includes(stringAt(ready, "reason"));
  }

  private find(id: string): KubeObject | undefined {
    const [resource = "", key = ""] = id.split(" ");
    return this.cluster.api.store.get(resource, key);
  }

  private now(): string {
    return this.surroundings.clock.timestamp().replace(/\.\d+Z$/, "Z");
  }

  private report(
    source: KubeObject,
    fields: object,
    next: readonly FluxCondition[],
    dropped: readonly string[] = [],
  ): void {
    const conditions = withConditions(source, next, {
      now: this.now(),
      dropped,
    });
    const status = { ...fields, conditions };
    const old = fieldsAt(source, "status");
    if (isEqual({ ...old, ...status }, old)) return;
    this.cluster.patch(refOf(source), { status }, "status");
  }
}

/** Suspended, or an OCI registry as a Helm repository, which has no index and no status. */
function isIdle(source: KubeObject): boolean {
  return (
    valueAt(source, "spec", "suspend") === true ||
    (source.kind === "HelmRepository" &&
      stringAt(source, "spec", "type") === "oci")
  );
}

function requestedAt({ metadata }: KubeObject): string {
  return metadata.annotations?.[REQUESTED_AT] ?? "";
}

function handled(source: KubeObject): object {
  const lastHandledReconcileAt = requestedAt(source);
  return lastHandledReconcileAt ? { lastHandledReconcileAt } : {};
}
