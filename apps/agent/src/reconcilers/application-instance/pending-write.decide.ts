import type { KubeObject } from "@vworkspace/kube";
import { ABSENT_MEANS } from "@vworkspace/resources";
import type { Decision, Said } from "./decision";
import { DESIRED_DIGEST } from "./derived-object";
import type { Observation } from "./observation";

/** A derived object that is not as it should be. */
export interface PendingWrite {
  readonly object: KubeObject;
  /** Our newest wish was written, and somebody changed or deleted the object after; else the wish itself is new. */
  readonly isDrift: boolean;
}

/**
 * What is to be written, in this order: what is newly wanted before what somebody changed, the source before the release, and
 * a Secret that the release may need before both.
 */
export function pendingWrites(seen: Observation): readonly PendingWrite[] {
  const { desired } = seen;
  if (desired === undefined) return [];
  const [before, after] = integrationWrites(seen);
  const pending = [
    ...before,
    ...(seen.isSourceAsDesired ? [] : [writeOf(desired.source, seen.source)]),
    ...(seen.isReleaseAsDesired
      ? []
      : [writeOf(desired.release, seen.release)]),
    ...after,
  ];
  return [
    ...pending.filter(({ isDrift }) => !isDrift),
    ...pending.filter(({ isDrift }) => isDrift),
  ];
}

/** Those before the source, and those after the release. */
function integrationWrites({ integrations, instance }: Observation) {
  const writes = integrations.wanted
    .filter(({ isAsDesired }) => !isAsDesired)
    .map(({ desired, actual }) =>
      actual === undefined
        ? { object: desired, isDrift: wasCarriedOut(instance) }
        : writeOf(desired, actual),
    );
  const isSecret = ({ object }: PendingWrite) =>
    object.kind === "ExternalSecret";
  return [
    writes.filter(isSecret),
    writes.filter((write) => !isSecret(write)),
  ] as const;
}

/** Whether all that this generation wants has been there: what is absent then was deleted by somebody. */
function wasCarriedOut({ metadata, status }: Observation["instance"]): boolean {
  const ready = status?.conditions?.find(({ type }) => type === "Ready");
  const isOfNewest = ready?.observedGeneration === metadata.generation;
  return (
    isOfNewest &&
    (ready?.status === "True" || ready?.reason === "WaitingForCertificate")
  );
}

function writeOf(
  object: KubeObject,
  actual: KubeObject | undefined,
): PendingWrite {
  const wanted = object.metadata.annotations?.[DESIRED_DIGEST];
  const written = actual?.metadata.annotations?.[DESIRED_DIGEST];
  return { object, isDrift: actual !== undefined && written === wanted };
}

/**
 * A write that was refused is tried again at every look. Fields that others own are taken back where drift is corrected, and
 * of integrations always; else Ready says so for as long as the newest wish can't be written.
 */
export function writing(seen: Observation, write: PendingWrite): Decision {
  const { object, isDrift } = write;
  const isForced = isCorrecting(seen) || isIntegration(seen, object);
  const refused =
    isDrift || isForced
      ? seen.refusedWrite
      : (conflictText(seen, object) ?? seen.refusedWrite);
  return {
    ...(refused !== undefined && {
      unready: { reason: "HelmReleaseFailed", message: refused },
    }),
    action: isForced
      ? { do: "apply", object, force: true }
      : { do: "apply", object },
  };
}

/** For Degraded/True: a derived object that somebody changed, and that is not put back. */
export function driftOfDerived(seen: Observation): Said | undefined {
  if (isCorrecting(seen)) return undefined;
  const texts = pendingWrites(seen)
    .filter(({ isDrift }) => isDrift)
    .flatMap(({ object }) => conflictText(seen, object) ?? []);
  const [message] = texts;
  return message === undefined ? undefined : { reason: "Drifted", message };
}

function conflictText(
  { fieldConflict }: Observation,
  { kind, metadata }: KubeObject,
): string | undefined {
  if (fieldConflict?.object !== `${kind} ${metadata.name}`) return undefined;
  const fields = fieldConflict.fields
    .map(({ manager, field }) => `${field} is owned by ${manager}`)
    .join("; ");
  return `${fieldConflict.object}: ${fields}; undo that change, or set spec.drift.mode to enabled`;
}

function isIntegration(
  { integrations }: Observation,
  object: KubeObject,
): boolean {
  return integrations.wanted.some(({ desired }) => desired === object);
}

function isCorrecting({ instance }: Observation): boolean {
  const mode = instance.spec.drift?.mode ?? ABSENT_MEANS.driftMode;
  return mode === "enabled";
}
