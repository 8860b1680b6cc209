import type { Engine, EngineReads, EngineRun } from "../engine";
import {
  decideSnapshot,
  endSnapshot,
  snapshotProblems,
} from "./snapshot.decide";
import { observeSnapshot, type SnapshotSeen } from "./snapshot.observe";
import { VOLUME_SNAPSHOT } from "./snapshot-objects";

/** Snapshots of single volumes through the cluster's CSI driver, and restores in their place. */
export class SnapshotEngine implements Engine<SnapshotSeen> {
  readonly name = "snapshot";

  constructor(private readonly reads: Pick<EngineReads, "api">) {}

  kinds() {
    return [VOLUME_SNAPSHOT];
  }

  problems(run: EngineRun) {
    return snapshotProblems(run);
  }

  secrets() {
    return [];
  }

  observe(run: EngineRun) {
    return observeSnapshot(this.reads.api, run);
  }

  decide(run: EngineRun, seen: SnapshotSeen) {
    return decideSnapshot(run, seen);
  }

  end(run: EngineRun, seen: SnapshotSeen) {
    return endSnapshot(run, seen);
  }
}
