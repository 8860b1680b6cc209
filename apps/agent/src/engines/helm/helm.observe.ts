import type { KubeObject } from "@vworkspace/kube";
import {
  APPLICATION_INSTANCE,
  type ApplicationInstance,
} from "@vworkspace/resources";
import { HELM_RELEASE } from "../../watches/watched-kinds";
import type { EngineReads, EngineRun } from "../engine";

export interface TriedRelease extends KubeObject {
  readonly status?: {
    readonly lastAttemptedRevision?: string;
    readonly conditions?: readonly {
      readonly type: string;
      readonly status: string;
    }[];
  };
}

/** The instance as it stands now: what `run.target` holds may be older than our own patch. */
export interface HelmSeen {
  readonly instance?: ApplicationInstance;
  readonly release?: TriedRelease;
}

export async function observeHelm(
  api: EngineReads["api"],
  { namespace, target }: EngineRun,
): Promise<HelmSeen> {
  const { name } = target.metadata;
  const [instance, release] = await Promise.all([
    api.get<ApplicationInstance>({ ...APPLICATION_INSTANCE, namespace, name }),
    api.get<TriedRelease>({ ...HELM_RELEASE, namespace, name }),
  ]);
  return { ...(instance && { instance }), ...(release && { release }) };
}
