import type { KubeObject } from "@vworkspace/kube";
import { ANNOTATIONS, type ApplicationInstance } from "@vworkspace/resources";
import { isDerivedFrom } from "./desired";
import { type HelmRelease, releaseOf } from "./flux";

export interface NameClaims {
  readonly instance: ApplicationInstance;
  /** The HelmRelease under the instance's name, whoever made it. */
  readonly sameName: HelmRelease | undefined;
  /** All HelmReleases and instances of the cluster, as last seen. */
  readonly releases: Iterable<HelmRelease>;
  readonly instances: Iterable<ApplicationInstance>;
  /** Whether Helm has a release of this name in the namespace. */
  readonly hasHelmRelease: boolean;
}

/**
 * Who holds the release name of an instance, if it isn't the instance itself. Of two instances the older one holds it. What
 * others made is taken over only where `vworkspace.io/adopt: "true"` says so, and never from another HelmRelease, which
 * would go on writing.
 */
export function nameHolder(claims: NameClaims): string | undefined {
  const { instance, sameName } = claims;
  const name = instance.spec.release?.name;
  if (name === undefined) return undefined;
  const isOurs =
    sameName !== undefined && isDerivedFrom(sameName, instance.metadata.name);
  const mayAdopt =
    instance.metadata.annotations?.[ANNOTATIONS.adopt] === "true";
  return (
    olderInstance(claims, name) ??
    foreignRelease(claims, name) ??
    (isOurs || mayAdopt ? undefined : takenUnasked(claims, name))
  );
}

function takenUnasked(claims: NameClaims, name: string): string | undefined {
  const { instance, sameName } = claims;
  if (sameName !== undefined)
    return `HelmRelease ${sameName.metadata.name}, which is not ours`;
  // Ours, if we made a HelmRelease before that somebody has deleted by hand.
  const wasOurs = instance.status?.helmReleaseRef !== undefined;
  return claims.hasHelmRelease && !wasOurs
    ? `a Helm release ${name} that is not ours`
    : undefined;
}

function olderInstance(claims: NameClaims, name: string): string | undefined {
  const { instance } = claims;
  for (const other of claims.instances) {
    const isRival =
      other.metadata.uid !== instance.metadata.uid &&
      other.metadata.namespace === instance.metadata.namespace &&
      other.spec.release?.name === name;
    if (isRival && isOlder(other, instance))
      return `ApplicationInstance ${other.metadata.name}`;
  }
  return undefined;
}

/** Timestamps have whole seconds; the uid settles ties the same way for both. */
function isOlder(one: ApplicationInstance, other: ApplicationInstance) {
  const age = (object: ApplicationInstance) =>
    `${object.metadata.creationTimestamp ?? ""} ${object.metadata.uid ?? ""}`;
  return age(one) < age(other);
}

function foreignRelease(claims: NameClaims, name: string): string | undefined {
  const { namespace = "", name: own } = claims.instance.metadata;
  for (const release of claims.releases) {
    const held = releaseOf(release);
    const isSameObject =
      release.metadata.namespace === namespace && release.metadata.name === own;
    if (!isSameObject && held.name === name && held.namespace === namespace)
      return describe(release);
  }
  return undefined;
}

function describe(release: KubeObject): string {
  return `HelmRelease ${release.metadata.namespace}/${release.metadata.name}`;
}
