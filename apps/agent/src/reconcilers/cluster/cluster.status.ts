import {
  canonicalJson,
  type ControllerState,
  LIMITS,
} from "@vworkspace/contract";
import {
  type ClusterPhase,
  type ClusterStatus,
  type ControllerStatus,
  CREDENTIAL_SECRET,
  type ResourceCondition,
} from "@vworkspace/resources";
import { isRejected, type LinkFacts } from "../../control-plane/link";
import { mergeConditions, type NewCondition } from "../conditions.status";
import { controllersHealthy } from "./controllers.decide";

/** What the agent's own state is made of. Times in milliseconds since the epoch. */
export interface ClusterFacts {
  readonly link: LinkFacts;
  /** An answer arrived within the time after which the cluster counts as disconnected. */
  readonly isAlive: boolean;
  readonly buffer: { readonly queued: number; readonly dropped: number };
  readonly startedAt: number;
  readonly disconnectAfterMs: number;
  /** What is wrong with the node's clock, in words that stay the same while it is. */
  readonly clockComplaint?: string | undefined;
  /** Said beside Connected/True; empty: nothing. */
  readonly endpointNotice?: string;
  readonly agentNamespace: string;
  readonly agentVersion: string;
  /** Undefined where nobody could look: what was said before stays. */
  readonly controllers?: readonly ControllerState[] | undefined;
  /** The credential in use, without its secret part. */
  readonly credential?:
    | { readonly issuedAt?: number; readonly registrationTokenDigest?: string }
    | undefined;
  /** Value of the annotation ops.vworkspace.io/rotate-credentials that was acted on just now. */
  readonly handledRotation?: string | undefined;
}

const HEARTBEAT_MS = 5 * 60_000;
/** What one request to the control plane takes. */
const DRAINED_EVENTS = 100;

/**
 * The status of the Cluster object.
 * @returns undefined where nothing would change but a heartbeat that is younger than five minutes
 */
export function clusterStatus(
  old: ClusterStatus,
  facts: ClusterFacts,
  context: { readonly now: number; readonly generation: number },
): ClusterStatus | undefined {
  const { link, agentNamespace, agentVersion } = facts;
  const { queued, dropped } = facts.buffer;
  const lastHeartbeat = heartbeatOf(old.lastHeartbeat, link.lastAnswerAt);
  const conditions = mergeConditions(
    old.conditions ?? [],
    wantedConditions(old, facts, context.now),
    {
      now: new Date(context.now).toISOString(),
      observedGeneration: context.generation,
    },
  );
  const next: ClusterStatus = {
    ...old,
    phase: phaseOf(facts),
    conditions: conditions as readonly ResourceCondition[],
    agentVersion,
    // The queue's length moves all the time: it is written only when something else is.
    buffer: { ...facts.buffer, queued: old.buffer?.queued ?? queued },
    ...(lastHeartbeat !== undefined && { lastHeartbeat }),
    ...(facts.controllers && {
      controllers: facts.controllers.map(controllerStatus),
    }),
    ...(facts.handledRotation !== undefined && {
      lastHandledRotation: facts.handledRotation,
    }),
    ...(link.isRegistered && {
      credentialsSecretRef: {
        name: CREDENTIAL_SECRET,
        namespace: agentNamespace,
      },
      ...credentialStatus(old, facts),
    }),
  };
  if (canonicalJson(next) === canonicalJson(old)) return undefined;
  return { ...next, buffer: { queued, dropped } };
}

/** What the agent says last of a Cluster object that is being deleted. */
export function terminatingStatus(old: ClusterStatus): ClusterStatus {
  return { ...old, phase: "Terminating" };
}

function controllerStatus(state: ControllerState): ControllerStatus {
  const { name, present, ready, version, message } = state;
  return {
    name,
    present,
    ready,
    ...(version !== undefined && { version }),
    ...(message !== undefined && {
      message: message.slice(0, LIMITS.messageCharacters),
    }),
  };
}

function credentialStatus(
  old: ClusterStatus,
  { credential, agentNamespace }: ClusterFacts,
): Pick<ClusterStatus, "credentialStatus" | "observedToken"> {
  const digest = credential?.registrationTokenDigest;
  const isSame = digest === old.observedToken;
  const registeredAt =
    isSame || credential?.issuedAt === undefined
      ? old.credentialStatus?.registeredAt
      : new Date(credential.issuedAt).toISOString();
  return {
    credentialStatus: {
      secretName: CREDENTIAL_SECRET,
      secretNamespace: agentNamespace,
      registrationTokenConsumed: digest !== undefined,
      ...(registeredAt !== undefined && { registeredAt }),
    },
    ...(digest !== undefined && { observedToken: digest }),
  };
}

function phaseOf({ link, isAlive }: ClusterFacts): ClusterPhase {
  if (isRejected(link.authentication)) return "Error";
  if (!link.isRegistered) return link.waitsForToken ? "Pending" : "Registering";
  return isAlive ? "Connected" : "Disconnected";
}

/** Moves in steps of five minutes at least, so that a quiet cluster isn't written to at every poll. */
function heartbeatOf(
  old: string | undefined,
  lastAnswerAt: number | undefined,
): string | undefined {
  if (lastAnswerAt === undefined) return old;
  const isFresh =
    old !== undefined &&
    Math.abs(lastAnswerAt - Date.parse(old)) < HEARTBEAT_MS;
  return isFresh ? old : new Date(lastAnswerAt).toISOString();
}

function wantedConditions(
  old: ClusterStatus,
  facts: ClusterFacts,
  now: number,
): readonly NewCondition[] {
  return [
    ...connected(facts),
    ...disconnected(facts, now),
    ...authenticated(facts.link),
    ...(facts.controllers ? [controllersHealthy(facts.controllers)] : []),
    ...overflow(old, facts.buffer),
    clockSkewed(facts.clockComplaint),
  ];
}

const UNREACHED = {
  network: "ControlPlaneUnreachable",
  "server-certificate": "ServerCertificateInvalid",
} as const;

function connected({
  link,
  endpointNotice = "",
}: ClusterFacts): readonly NewCondition[] {
  if (link.lastFailure !== undefined)
    return [
      {
        type: "Connected",
        status: "False",
        reason: UNREACHED[link.lastFailure.trouble ?? "network"],
        message: link.lastFailure.message,
      },
    ];
  if (link.lastAnswerAt === undefined) return [];
  // Before the credential was tried, the registration's answer is all there is.
  const reason =
    link.authentication.status === "unknown"
      ? "ControlPlaneReachable"
      : "RoundTripOK";
  return [
    { type: "Connected", status: "True", reason, message: endpointNotice },
  ];
}

function disconnected(
  { link, isAlive, startedAt, disconnectAfterMs }: ClusterFacts,
  now: number,
): readonly NewCondition[] {
  const type = "Disconnected";
  if (isAlive)
    return [{ type, status: "False", reason: "Connected", message: "" }];
  const hasNeverAnswered = link.lastAnswerAt === undefined;
  if (hasNeverAnswered && now - startedAt <= disconnectAfterMs) return [];
  const since = link.lastAnswerAt ?? startedAt;
  const message = `no answer since ${new Date(since).toISOString()}`;
  return [{ type, status: "True", reason: "NoRecentRoundTrip", message }];
}

const REFUSED = {
  rejected: "CredentialRejected",
  expired: "CredentialExpired",
  uncertified: "CertificateUnknown",
  undecided: "ControlPlaneAuthenticationFailed",
} as const;

function authenticated({ authentication }: LinkFacts): readonly NewCondition[] {
  const type = "Authenticated";
  if (authentication.status === "unknown") return [];
  if (authentication.status === "accepted")
    return [
      { type, status: "True", reason: "CredentialAccepted", message: "" },
    ];
  const { status, message } = authentication;
  return [{ type, status: "False", reason: REFUSED[status], message }];
}

function clockSkewed(complaint: string | undefined): NewCondition {
  const type = "ClockSkewed";
  return complaint === undefined
    ? {
        type,
        status: "False",
        reason: "ClockInStep",
        message: "",
        onlyAfterTrue: true,
      }
    : { type, status: "True", reason: "ClockSkew", message: complaint };
}

/** Full since events were dropped, until no more than a batch waits: a queue that hovers at its limit doesn't flap. */
function overflow(
  old: ClusterStatus,
  { queued, dropped }: ClusterFacts["buffer"],
): readonly NewCondition[] {
  const type = "BufferOverflow";
  // Another number, not only a greater one: a spool in memory counts from 0 after a restart.
  if (dropped > 0 && dropped !== old.buffer?.dropped) {
    const message = `${dropped} events were dropped for want of room, the oldest first`;
    return [{ type, status: "True", reason: "EventBufferFull", message }];
  }
  if (queued > DRAINED_EVENTS) return [];
  const drained = { status: "False", reason: "BufferDrained" } as const;
  return [{ type, ...drained, message: "", onlyAfterTrue: true }];
}
