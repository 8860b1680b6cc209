import { stringAt } from "../../json";
import type { KubeObject } from "../../kube-object";
import { refOf, type ClusterAccess } from "../cluster-access";
import { chartObjects } from "./chart-objects";
import {
  describeCorrection,
  describeDrift,
  driftOf,
} from "./helm-drift.decide";
import { HelmEvents } from "./helm-events";
import { historyOf, type HelmPlan } from "./helm-plan";

/** Finds what is otherwise than installed, says so, and puts it right where the release's drift mode says so. */
export class ReleaseDrift {
  private readonly events: HelmEvents;

  constructor(private readonly cluster: ClusterAccess) {
    this.events = new HelmEvents(cluster);
  }

  /**
   * @param onCorrecting told before anything is put right
   * @returns what was done about it; "none": there is no drift, or it is not looked for
   */
  check(
    release: KubeObject,
    plan: HelmPlan,
    { now, onCorrecting }: { now: string; onCorrecting: () => void },
  ): "none" | "told" | "corrected" {
    const mode = stringAt(release, "spec", "driftDetection", "mode");
    if (mode !== "enabled" && mode !== "warn") return "none";
    const drift = driftOf(chartObjects(release, plan), (object) =>
      this.cluster.get(refOf(object)),
    );
    if (drift.length === 0) return "none";
    const state = `Cluster state of release ${newestName(release)} has`;
    this.events.tell(release, {
      type: "Warning",
      reason: "DriftDetected",
      message: `${state} drifted from the desired state:\n${describeDrift(drift)}`,
      now,
    });
    if (mode === "warn") return "told";
    onCorrecting();
    for (const { object } of drift) this.cluster.apply(object);
    this.events.tell(release, {
      type: "Normal",
      reason: "DriftCorrected",
      message: `${state} been corrected:\n${describeCorrection(drift)}`,
      now,
    });
    return "corrected";
  }
}

function newestName(release: KubeObject): string {
  const [newest] = historyOf(release);
  const version = newest?.["version"];
  return `${stringAt(newest, "namespace")}/${stringAt(newest, "name")}.v${typeof version === "number" ? version : 1}`;
}
