import type { Kind } from "@vworkspace/kube";
import type { FieldProblem, VeleroParameters } from "@vworkspace/resources";
import type {
  Engine,
  EngineEnd,
  EngineReads,
  EngineRun,
  EngineVerdict,
} from "../engine";
import {
  BACKUP,
  DELETE_BACKUP_REQUEST,
  RESTORE,
  VOLUME_SNAPSHOT_CLASS,
} from "./velero-objects";
import { decideVelero, endVelero } from "./velero.decide";
import { VeleroObserver, type VeleroSeen } from "./velero.observe";
import { veleroProblems } from "./velero.problems";

export interface VeleroEngineOptions {
  /** Where Velero runs, and looks for its objects. */
  readonly veleroNamespace?: string;
}

/** Backups and restores of a namespace by Velero. */
export class VeleroEngine implements Engine<VeleroSeen> {
  readonly name = "velero";
  private readonly observer: VeleroObserver;

  constructor(
    { api }: Pick<EngineReads, "api">,
    { veleroNamespace = "velero" }: VeleroEngineOptions = {},
  ) {
    this.observer = new VeleroObserver(api, veleroNamespace);
  }

  kinds({
    operation,
    parameters,
  }: Pick<EngineRun, "operation" | "parameters">): readonly Kind[] {
    if (operation.spec.type !== "Backup") return [RESTORE, BACKUP];
    const { csiSnapshotClassName } = parameters as VeleroParameters;
    return [
      BACKUP,
      DELETE_BACKUP_REQUEST,
      ...(csiSnapshotClassName === undefined ? [] : [VOLUME_SNAPSHOT_CLASS]),
    ];
  }

  problems(run: EngineRun): readonly FieldProblem[] {
    return veleroProblems(run);
  }

  secrets(): readonly string[] {
    return [];
  }

  observe(run: EngineRun): Promise<VeleroSeen> {
    return this.observer.observe(run);
  }

  decide(run: EngineRun, seen: VeleroSeen): EngineVerdict {
    return decideVelero(run, seen);
  }

  end(run: EngineRun, seen: VeleroSeen): EngineEnd {
    return endVelero(run, seen);
  }
}
