import type { JsonObject } from "@vworkspace/resources";
import { HELM_RELEASE } from "../../watches/watched-kinds";
import type { Engine, EngineReads, EngineRun } from "../engine";
import { decideHelm, endHelm } from "./helm.decide";
import { type HelmSeen, observeHelm } from "./helm.observe";
import { parametersOf } from "./helm-request.decide";
import { helmProblems } from "./helm.problems";

/** Upgrades of an instance's release, through the instance. */
export class HelmEngine implements Engine<HelmSeen> {
  readonly name = "helm";

  constructor(private readonly reads: Pick<EngineReads, "api">) {}

  kinds() {
    return [HELM_RELEASE];
  }

  problems(run: EngineRun) {
    return helmProblems(run);
  }

  secrets() {
    return [];
  }

  backupWithin(parameters: JsonObject) {
    return parametersOf({ parameters }).requireBackup?.maxAgeSeconds;
  }

  observe(run: EngineRun) {
    return observeHelm(this.reads.api, run);
  }

  decide(run: EngineRun, seen: HelmSeen) {
    return decideHelm(run, seen);
  }

  end(run: EngineRun, seen: HelmSeen) {
    return endHelm(run, seen);
  }
}
