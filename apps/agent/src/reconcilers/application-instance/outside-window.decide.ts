import { ANNOTATIONS } from "@vworkspace/resources";
import type { Decision } from "./decision";
import { isWrittenTogether } from "./desired";
import { windowState } from "./maintenance-window.decide";
import type { Observation } from "./observation";
import { pendingWrites } from "./pending-write.decide";
import { isInstalled } from "./readiness.decide";
import { valueReferences } from "./value-references";

/** No timer is set for longer. */
const LONGEST_RECHECK_MS = 24 * 3_600_000;

/**
 * A changed wish waits; the first installation doesn't, nor does what somebody else changed or deleted. A change of which
 * something is written already is finished: half of it would be the new chart with the old values.
 */
export function outsideWindow(seen: Observation): Decision | undefined {
  const { instance, release, now } = seen;
  const windows = instance.spec.policy?.maintenanceWindows ?? [];
  const isWaiting = isInstalled(release) && isChange(seen) && !hasBegun(seen);
  if (windows.length === 0 || !isWaiting) return undefined;
  const state = windowState(windows, now);
  if (state.isOpen) return undefined;
  const { opensAt } = state;
  const next =
    opensAt === undefined
      ? "none of which ever opens"
      : `which opens at ${new Date(opensAt).toISOString()}`;
  return {
    suspended: {
      reason: "MaintenanceWindow",
      message: `a change waits for the next maintenance window, ${next}${notHeldBack(seen)}`,
    },
    ...(opensAt !== undefined && {
      recheckAfterMs: Math.min(opensAt - now, LONGEST_RECHECK_MS),
    }),
  };
}

/** Of a source that is gone nothing tells what it held; then what was last applied has to. */
function isChange(seen: Observation): boolean {
  const { source, instance, integrations } = seen;
  const isSomethingLeft = integrations.stale.some(
    ({ metadata }) => metadata.deletionTimestamp === undefined,
  );
  if (isSomethingLeft) return true;
  return pendingWrites(seen).some(({ object, isDrift }) => {
    if (isDrift) return false;
    const isGone = object === seen.desired?.source && source === undefined;
    return !isGone || !isLastApplied(instance);
  });
}

function isLastApplied({ spec, status }: Observation["instance"]): boolean {
  const { chart } = spec;
  const applied = status?.lastAppliedChart;
  const plain = (version = "") => version.split("+")[0];
  return (
    applied?.url === chart?.url &&
    applied?.sourceType === chart?.sourceType &&
    plain(applied?.version) === plain(chart?.version)
  );
}

/** Something was written for all that is wanted now, and the rest is what is missing. */
function hasBegun(seen: Observation): boolean {
  const { source, release, desired, integrations } = seen;
  const written = [
    seen.isSourceAsDesired ? source : undefined,
    seen.isReleaseAsDesired ? release : undefined,
    ...integrations.wanted.map(({ actual, isAsDesired }) =>
      isAsDesired ? actual : undefined,
    ),
  ];
  return (
    desired !== undefined &&
    written.some((object) => object && isWrittenTogether(object, desired))
  );
}

/** Flux reads the objects that values come from by itself: only what the instance says of them can wait. */
function notHeldBack({ instance, release, desired }: Observation): string {
  const version = (object: Observation["release"] | undefined) =>
    object?.metadata.annotations?.[ANNOTATIONS.fluxRequestedAt];
  if (version(desired?.release) === version(release)) return "";
  const names = valueReferences(instance.spec.values)
    .map(({ kind, name }) => `${kind} ${name}`)
    .join(" and ");
  return names === ""
    ? ""
    : `; what ${names} holds does not wait, Flux reads it every 10 minutes: set spec.suspend to hold it back too`;
}
