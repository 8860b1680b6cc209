import type { ControllerState } from "@vworkspace/contract";
import type { ClusterReason, ClusterStatus } from "@vworkspace/resources";
import type {
  Authentication,
  LinkFacts,
  Rejection,
} from "../control-plane/link";
import {
  type ClusterFacts,
  clusterStatus,
} from "../reconcilers/cluster/cluster.status";

/** A state of the agent's surroundings, and the reason that it must be told by. */
export interface ClusterCourse {
  readonly condition: string;
  readonly status: "True" | "False";
  readonly reason: ClusterReason;
  readonly when: string;
  readonly facts: ClusterFacts;
  readonly old: ClusterStatus;
  /** Milliseconds since the epoch. */
  readonly now: number;
}

export const COURSE_START = Date.UTC(2026, 0, 1);
const LATER = COURSE_START + 121_000;

const HEALTHY: readonly ControllerState[] = [
  { name: "source-controller", present: true, ready: true },
  { name: "helm-controller", present: true, ready: true },
  { name: "velero", present: false, ready: false },
];

const ALIVE: LinkFacts = {
  isRegistered: true,
  lastAnswerAt: COURSE_START,
  authentication: { status: "accepted" },
};

export function clusterFacts(facts: Partial<ClusterFacts> = {}): ClusterFacts {
  return {
    link: ALIVE,
    isAlive: true,
    buffer: { queued: 0, dropped: 0 },
    startedAt: COURSE_START,
    disconnectAfterMs: 120_000,
    agentNamespace: "vworkspace-system",
    agentVersion: "1.0.0",
    ...facts,
  };
}

type Place = readonly [
  condition: string,
  status: ClusterCourse["status"],
  reason: ClusterReason,
];

function course(
  [condition, status, reason]: Place,
  when: string,
  facts: Partial<ClusterFacts>,
  more: { readonly old?: ClusterStatus; readonly now?: number } = {},
): ClusterCourse {
  const { old = {}, now = COURSE_START } = more;
  const whole = clusterFacts(facts);
  return { condition, status, reason, when, facts: whole, old, now };
}

function refused(status: Rejection | "undecided") {
  const authentication: Authentication = { status, message: "refused" };
  return { link: { ...ALIVE, authentication } };
}

function changed(name: string, change: Partial<ControllerState>) {
  const others = HEALTHY.filter((item) => item.name !== name);
  const state = { name, present: true, ready: true, ...change };
  return { controllers: [...others, state] };
}

const OVERFLOWN: ClusterStatus =
  clusterStatus({}, clusterFacts({ buffer: { queued: 900, dropped: 3 } }), {
    now: COURSE_START,
    generation: 1,
  }) ?? {};

const SKEWED: ClusterStatus =
  clusterStatus({}, clusterFacts({ clockComplaint: "an hour ahead" }), {
    now: COURSE_START,
    generation: 1,
  }) ?? {};

/** At least one course for every reason that the conditions of a Cluster may have. */
export const CLUSTER_COURSES: readonly ClusterCourse[] = [
  course(["Connected", "True", "RoundTripOK"], "an answer came", {}),
  course(
    ["Connected", "True", "ControlPlaneReachable"],
    "the registration was answered, and nothing was asked with the new credential yet",
    { link: { ...ALIVE, authentication: { status: "unknown" } } },
  ),
  course(
    ["Connected", "False", "ControlPlaneUnreachable"],
    "the last request got no answer",
    { link: { ...ALIVE, lastFailure: { at: COURSE_START, message: "cut" } } },
  ),
  course(
    ["Connected", "False", "ServerCertificateInvalid"],
    "the control plane's certificate is of another name",
    {
      link: {
        ...ALIVE,
        lastFailure: {
          at: COURSE_START,
          message: "refused",
          trouble: "server-certificate",
        },
      },
    },
  ),
  course(
    ["Disconnected", "True", "NoRecentRoundTrip"],
    "no answer came for longer than the limit",
    { isAlive: false },
    { now: LATER },
  ),
  course(
    ["Disconnected", "True", "NoRecentRoundTrip"],
    "no answer ever came",
    {
      isAlive: false,
      link: { isRegistered: false, authentication: { status: "unknown" } },
    },
    { now: LATER },
  ),
  course(["Disconnected", "False", "Connected"], "an answer came lately", {}),
  course(
    ["Authenticated", "True", "CredentialAccepted"],
    "the credential was taken",
    {},
  ),
  course(
    ["Authenticated", "False", "CredentialRejected"],
    "the credential was refused before its end",
    refused("rejected"),
  ),
  course(
    ["Authenticated", "False", "CredentialExpired"],
    "the credential was refused after its end",
    refused("expired"),
  ),
  course(
    ["Authenticated", "False", "CertificateUnknown"],
    "the client certificate was refused, and no other one was given",
    refused("uncertified"),
  ),
  course(
    ["Authenticated", "False", "ControlPlaneAuthenticationFailed"],
    "the credential was refused, and asking for another one failed",
    refused("undecided"),
  ),
  course(
    ["ControllersHealthy", "True", "AllControllersReady"],
    "what is needed works, and an add-on isn't installed",
    { controllers: HEALTHY },
  ),
  course(
    ["ControllersHealthy", "False", "ControllerMissing"],
    "a controller that is needed isn't there",
    changed("helm-controller", { present: false, ready: false }),
  ),
  course(
    ["ControllersHealthy", "False", "ControllerDegraded"],
    "a controller that is needed doesn't work",
    changed("source-controller", { ready: false }),
  ),
  course(
    ["ControllersHealthy", "False", "ControllerDegraded"],
    "an add-on that is installed doesn't work",
    changed("velero", { ready: false }),
  ),
  course(["BufferOverflow", "True", "EventBufferFull"], "events were dropped", {
    buffer: { queued: 900, dropped: 3 },
  }),
  course(
    ["BufferOverflow", "False", "BufferDrained"],
    "no more than a batch waits after events were dropped",
    { buffer: { queued: 100, dropped: 3 } },
    { old: OVERFLOWN },
  ),
  course(
    ["ClockSkewed", "True", "ClockSkew"],
    "the answers of the control plane are of another time",
    { clockComplaint: "an hour ahead" },
  ),
  course(
    ["ClockSkewed", "False", "ClockInStep"],
    "they are of the node's time again",
    {},
    { old: SKEWED },
  ),
];
