import type { KindRef } from "../cluster-access";
import { permissiveDefinition } from "../permissive-definition";
import {
  HELM_CHART,
  HELM_RELEASE,
  HELM_REPOSITORY,
  OCI_REPOSITORY,
} from "./flux-kinds";

function definition(kind: KindRef, plural: string, shortName: string): object {
  const names = { plural, shortNames: [shortName], hasStatus: true };
  return permissiveDefinition(kind, names);
}

/** The kinds of Flux that the stand-in controllers know: group, version and name are Flux's, the schemas take anything. */
export const FLUX_DEFINITIONS: readonly object[] = [
  definition(HELM_RELEASE, "helmreleases", "hr"),
  definition(HELM_REPOSITORY, "helmrepositories", "helmrepo"),
  definition(OCI_REPOSITORY, "ocirepositories", "ocirepo"),
  definition(HELM_CHART, "helmcharts", "hc"),
];
