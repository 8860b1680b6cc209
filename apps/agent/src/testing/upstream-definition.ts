import { existsSync, readFileSync } from "node:fs";
import { join } from "node:path";
import type { KubeObject } from "@vworkspace/kube";
import { parse } from "yaml";
import { repositoryRoot } from "../../../../test/cluster/repository-root";
import { testedCluster } from "../../../../test/cluster/open-cluster";
import { standIn } from "./flux-definitions";

/**
 * A CRD as its project publishes it, where it is laid beside the checkout; a stand-in that takes anything where it isn't, and
 * for the simulator, which evaluates no CEL.
 */
export function upstreamDefinition(
  kind: readonly [group: string, version: string, kind: string, plural: string],
): KubeObject {
  const directory = join(repositoryRoot(), "..", "shared", "crds");
  const file = join(directory, `${kind[3]}.${kind[0]}.yaml`);
  if (testedCluster() === "simulator" || !existsSync(file))
    return standIn(kind);
  return parse(readFileSync(file, "utf8")) as KubeObject;
}
