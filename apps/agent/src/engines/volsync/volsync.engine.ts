import type { Kind } from "@vworkspace/kube";
import type {
  FieldProblem,
  JsonObject,
  VolsyncParameters,
} from "@vworkspace/resources";
import type {
  Engine,
  EngineEnd,
  EngineReads,
  EngineRun,
  EngineVerdict,
} from "../engine";
import { replicationKind } from "./volsync-objects";
import { decideVolsync, endVolsync } from "./volsync.decide";
import { observeVolsync, type VolsyncSeen } from "./volsync.observe";
import { volsyncProblems } from "./volsync.problems";

/** Copies of one volume by VolSync, out of it or into it, once or by a schedule. */
export class VolsyncEngine implements Engine<VolsyncSeen> {
  readonly name = "volsync";

  constructor(private readonly reads: Pick<EngineReads, "api">) {}

  kinds(run: Pick<EngineRun, "operation" | "parameters">): readonly Kind[] {
    return [replicationKind(run)];
  }

  problems(run: EngineRun): readonly FieldProblem[] {
    return volsyncProblems(run);
  }

  secrets(parameters: JsonObject): readonly string[] {
    return [(parameters as VolsyncParameters).repository.secretName];
  }

  observe(run: EngineRun): Promise<VolsyncSeen> {
    return observeVolsync(this.reads, run);
  }

  decide(run: EngineRun, seen: VolsyncSeen): EngineVerdict {
    return decideVolsync(run, seen);
  }

  end(run: EngineRun, seen: VolsyncSeen): EngineEnd {
    return endVolsync(run, seen);
  }
}
