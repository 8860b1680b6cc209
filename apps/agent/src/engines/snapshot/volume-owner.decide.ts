import { RELEASE_LABEL } from "../../watches/watched-kinds";
import type { EngineRun } from "../engine";
import { nameOf } from "./snapshot-objects";
import type { SnapshotSeen } from "./snapshot.observe";

/** Whose the volume is, where that is another instance than the operation's target: then nothing is done with it. */
export function otherOwner(
  { target }: EngineRun,
  { claim, workloads }: SnapshotSeen,
): string | undefined {
  for (const object of [...(claim ? [claim] : []), ...workloads]) {
    const owner = object.metadata.labels?.[RELEASE_LABEL];
    if (owner !== undefined && owner !== target.metadata.name)
      return `${nameOf(object)} belongs to the release ${owner}, not to ${target.metadata.name}: name a volume of the target`;
  }
  return undefined;
}
