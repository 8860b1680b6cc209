import type { KubeObject } from "@vworkspace/kube";
import { ANNOTATIONS, type ApplicationInstance } from "@vworkspace/resources";
import { isDerivedFrom } from "./derived-object";
import { type HelmRelease, releaseOf } from "./flux";

export interface NameClaims {
  readonly instance: ApplicationInstance;
  /** The HelmRelease under the instance's name, whoever made it. */
  readonly sameName: HelmRelease | undefined;
  /** All HelmReleases and instances of the cluster, as last seen; gone through more than once. */
  readonly releases: readonly HelmRelease[];
  readonly instances: readonly ApplicationInstance[];
  /** Whether Helm has a release of this name in the namespace. */
  readonly hasHelmRelease: boolean;
}

/** The release of an instance is immutable. */
const ANEW = "create this instance anew with another release name";
const REMEDY = `remove that one, or ${ANEW}`;
const REMEDY_BY_ADOPTION = `set the annotation ${ANNOTATIONS.adopt} to "true" to take it over, or ${ANEW}`;

/**
 * Who holds the release name of an instance, if it isn't the instance itself, and what to do about it. Of several instances
 * the one that has a HelmRelease holds it, else the oldest. What others made is taken over only where
 * `vworkspace.io/adopt: "true"` says so, and never from another HelmRelease, which would go on writing.
 */
export function nameHolder(claims: NameClaims): string | undefined {
  const { instance, sameName } = claims;
  const name = instance.spec.release?.name;
  if (name === undefined) return undefined;
  const isOurs =
    sameName !== undefined && isDerivedFrom(sameName, instance.metadata.name);
  const mayAdopt =
    instance.metadata.annotations?.[ANNOTATIONS.adopt] === "true";
  const rivals = rivalsOf(claims, name);
  return (
    strongerRival(rivals, { instance, hasRelease: isOurs }) ??
    foreignRelease(claims, name, rivals) ??
    (isOurs || mayAdopt ? undefined : takenUnasked(claims, name))
  );
}

/** An instance that claims a release name. */
interface Claimant {
  readonly instance: ApplicationInstance;
  /** Whether there is a HelmRelease that was made for it. */
  readonly hasRelease: boolean;
}

function rivalsOf(claims: NameClaims, name: string): readonly Claimant[] {
  const { instance, instances, releases } = claims;
  return instances
    .filter(
      (other) =>
        other.metadata.uid !== instance.metadata.uid &&
        other.metadata.namespace === instance.metadata.namespace &&
        other.spec.release?.name === name,
    )
    .map((other) => ({
      instance: other,
      hasRelease: releases.some((release) => isMadeFor(release, other)),
    }));
}

function isMadeFor(
  release: HelmRelease,
  { metadata }: ApplicationInstance,
): boolean {
  return (
    release.metadata.namespace === metadata.namespace &&
    release.metadata.name === metadata.name &&
    isDerivedFrom(release, metadata.name)
  );
}

/** To have it comes before to be older: two of one second may be installed in another order than they count as old. */
function strongerRival(
  rivals: readonly Claimant[],
  own: Claimant,
): string | undefined {
  const stronger = rivals.find((rival) =>
    rival.hasRelease === own.hasRelease
      ? isOlder(rival.instance, own.instance)
      : rival.hasRelease,
  );
  if (stronger === undefined) return undefined;
  const why = stronger.hasRelease ? "has it already" : "is older";
  return `ApplicationInstance ${stronger.instance.metadata.name}, which ${why}: ${REMEDY}`;
}

function takenUnasked(claims: NameClaims, name: string): string | undefined {
  const { instance, sameName } = claims;
  if (sameName !== undefined)
    return `HelmRelease ${sameName.metadata.name}, which is not ours: ${REMEDY_BY_ADOPTION}`;
  // Ours, if we made a HelmRelease before that somebody has deleted by hand.
  const wasOurs = instance.status?.helmReleaseRef !== undefined;
  return claims.hasHelmRelease && !wasOurs
    ? `a Helm release ${name} that is not ours: ${REMEDY_BY_ADOPTION}`
    : undefined;
}

/** Timestamps have whole seconds; the uid settles ties the same way for both. */
function isOlder(one: ApplicationInstance, other: ApplicationInstance) {
  const age = (object: ApplicationInstance) =>
    `${object.metadata.creationTimestamp ?? ""} ${object.metadata.uid ?? ""}`;
  return age(one) < age(other);
}

/** One that nobody made for any of the rivals, who are judged by themselves. */
function foreignRelease(
  claims: NameClaims,
  name: string,
  rivals: readonly Claimant[],
): string | undefined {
  const { namespace = "", name: own } = claims.instance.metadata;
  for (const release of claims.releases) {
    const held = releaseOf(release);
    const isSameObject =
      release.metadata.namespace === namespace && release.metadata.name === own;
    const isRivals = rivals.some(({ instance }) =>
      isMadeFor(release, instance),
    );
    if (isSameObject || isRivals) continue;
    if (held.name === name && held.namespace === namespace)
      return describe(release);
  }
  return undefined;
}

function describe(release: KubeObject): string {
  return `HelmRelease ${release.metadata.namespace}/${release.metadata.name}: ${REMEDY}`;
}
