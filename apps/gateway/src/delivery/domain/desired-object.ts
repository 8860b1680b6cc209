/** Identity of a Kubernetes object in one cluster. Its generation counter outlives it. */
export interface ObjectIdentity {
  readonly clusterId: string;
  readonly apiVersion: string;
  readonly kind: string;
  readonly namespace: string;
  readonly name: string;
}

/** Text that no other object of the same cluster has. */
export function objectKey(object: ObjectIdentity): string {
  return JSON.stringify([
    object.apiVersion,
    object.kind,
    object.namespace,
    object.name,
  ]);
}

export type DesiredAction = "apply" | "delete";

/** What should be: a whole manifest, or that there is none. */
export interface DesiredState {
  readonly object: ObjectIdentity;
  readonly action: DesiredAction;
  /** The manifest to apply; empty for a delete. */
  readonly manifest: Readonly<Record<string, unknown>>;
}

/** One generation of a desired state, on its way to the cluster. */
export interface Delivery extends DesiredState {
  readonly generation: number;
}

/** Where the delivery of an object stands. */
export interface DeliveryProgress {
  readonly generation: number;
  readonly action: DesiredAction;
  readonly manifest: Readonly<Record<string, unknown>>;
  /** The newest generation waits for an earlier delete to be settled (agent contract, ORD). */
  readonly waitsForDelete: boolean;
  /** A delivery ended without success and is planned anew: of the delete that is waited for, else of the newest state. */
  readonly isReissuePlanned: boolean;
  /** Newest generation that the cluster was seen to carry, by event or snapshot. */
  readonly observedGeneration: number;
  readonly reissues: number;
  /** It was fulfilled, and must not be again: what the cluster lacks of it stays away. */
  readonly isRetired: boolean;
}

/** What became of one generation's delivery. */
export type DeliveryOutcome =
  "succeeded" | "failed" | "noop" | "conflict" | "superseded" | "expired";

/**
 * A stamp above this is none that we forgot with a restored backup, and raises no counter: agents read 15 digits, so that
 * a cluster that claims the highest could else use up an object's generations for ever.
 */
export const MAX_SEEN_GENERATION = 2 ** 48;

const MAX_PAUSE_SECONDS = 3600;

/**
 * Whether a delete has to reach the cluster before anything else does: its delivery ended without success, and what came
 * after it would inherit what it was to remove.
 */
export function owesDelete(progress: DeliveryProgress): boolean {
  const { isReissuePlanned, action, waitsForDelete } = progress;
  return isReissuePlanned && (action === "delete" || waitsForDelete);
}

/**
 * The newest generation at which a delete was asked for that one delivery stands for: deletes of what never got past
 * waiting for it are fulfilled with it, unless the newest state is such a delete, which has its own turn.
 */
export function lastDelete(
  progress: DeliveryProgress,
  ended: { readonly generation: number },
): number {
  return progress.action === "apply"
    ? Math.max(progress.generation, ended.generation)
    : ended.generation;
}

type Ended = Pick<Delivery, "action" | "generation">;

function isUndelivered(progress: DeliveryProgress, ended: Ended): boolean {
  const isAwaited = ended.action === "delete" && progress.waitsForDelete;
  if (isAwaited && progress.action === "apply") return true;
  const hasArrived = progress.observedGeneration >= progress.generation;
  return ended.generation === progress.generation && !hasArrived;
}

/**
 * Seconds until an undelivered generation, or the delete that it waits for, is issued again, doubling up to an hour;
 * undefined when it needs no more deliveries. Expiry and failure end a delivery, never an intent.
 */
export function reissuePauseSeconds(
  progress: DeliveryProgress,
  settled: Ended & { readonly outcome: DeliveryOutcome },
  baseSeconds: number,
): number | undefined {
  if (!isUndelivered(progress, settled)) return undefined;
  switch (settled.outcome) {
    case "succeeded":
    case "noop":
    case "superseded":
      return undefined;
    case "failed":
    case "conflict":
    case "expired":
      return Math.min(
        MAX_PAUSE_SECONDS,
        baseSeconds * 2 ** Math.min(progress.reissues, 20),
      );
  }
}
