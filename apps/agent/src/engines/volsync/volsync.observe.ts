import type { EngineReads, EngineRun } from "../engine";
import { type EngineWork, readWork } from "../engine-work";
import { type Replication, replicationRef } from "./volsync-objects";

export type VolsyncSeen = EngineWork<Replication>;

export function observeVolsync(
  { api }: Pick<EngineReads, "api">,
  run: EngineRun,
): Promise<VolsyncSeen> {
  return readWork<Replication>(api, replicationRef(run));
}
