import type { KubeObject } from "@vworkspace/kube";
import {
  CLUSTER,
  CLUSTER_REASONS,
  type ClusterStatus,
} from "@vworkspace/resources";
import type { LinkFacts } from "../../control-plane/link";
import { CLUSTER_COURSES, clusterFacts } from "../../testing/cluster-courses";
import { ownCluster } from "../../watches/own-cluster";
import { clusterToWrite, endpointNotice } from "./cluster.decide";
import { clusterStatus, terminatingStatus } from "./cluster.status";

const START = Date.UTC(2026, 0, 1);
const OURS = { "app.vworkspace.io/managed-by": "control-plane" };

function status(
  link: Partial<LinkFacts>,
  more: {
    isAlive?: boolean;
    now?: number;
    old?: ClusterStatus;
    buffer?: { queued: number; dropped: number };
  } = {},
): ClusterStatus | undefined {
  const { isAlive = false, now = START, old = {} } = more;
  const { buffer = { queued: 0, dropped: 0 } } = more;
  return clusterStatus(
    old,
    clusterFacts({
      link: {
        isRegistered: true,
        authentication: { status: "unknown" },
        ...link,
      },
      isAlive,
      buffer,
    }),
    { now, generation: 1 },
  );
}

function said(of: ClusterStatus | undefined): Record<string, string> {
  const entries = (of?.conditions ?? []).map((item) => [
    item.type,
    `${item.status} ${item.reason}`,
  ]);
  return Object.fromEntries(entries) as Record<string, string>;
}

const ACCEPTED = { status: "accepted" } as const;

describe("The status of the Cluster object", () => {
  it("says nothing that isn't known yet", () => {
    const fresh = status({ isRegistered: false });
    expect(fresh).toMatchObject({ phase: "Registering", conditions: [] });
    expect(fresh).not.toHaveProperty("credentialsSecretRef");
  });

  it("says connected and authenticated", () => {
    const link = { lastAnswerAt: START, authentication: ACCEPTED };
    const connected = status(link, { isAlive: true });
    expect(connected).toMatchObject({
      phase: "Connected",
      agentVersion: "1.0.0",
      credentialsSecretRef: {
        name: "vworkspace-agent-credentials",
        namespace: "vworkspace-system",
      },
    });
    expect(said(connected)).toEqual({
      Connected: "True RoundTripOK",
      Disconnected: "False Connected",
      Authenticated: "True CredentialAccepted",
    });
  });

  it("says unreachable at once, and disconnected after a while", () => {
    const lastFailure = { at: START, message: "no route" };
    const link = { lastAnswerAt: START, lastFailure };
    expect(said(status(link, { isAlive: true }))).toMatchObject({
      Connected: "False ControlPlaneUnreachable",
      Disconnected: "False Connected",
    });
    const later = status(link, { now: START + 121_000 });
    expect(later?.phase).toBe("Disconnected");
    expect(said(later)).toMatchObject({
      Disconnected: "True NoRecentRoundTrip",
    });
  });

  it("counts from the start where no answer ever came", () => {
    expect(said(status({}, { now: START + 60_000 }))).toEqual({});
    expect(said(status({}, { now: START + 121_000 }))).toEqual({
      Disconnected: "True NoRecentRoundTrip",
    });
  });

  it("says that the credential is refused", () => {
    const authentication = { status: "rejected", message: "revoked" } as const;
    const refused = status({ authentication });
    expect(refused?.phase).toBe("Error");
    expect(said(refused)).toMatchObject({
      Authenticated: "False CredentialRejected",
    });
  });

  it("moves its heartbeat every five minutes, not at every answer", () => {
    const at = (lastAnswerAt: number, old?: ClusterStatus) =>
      status(
        { lastAnswerAt, authentication: ACCEPTED },
        { isAlive: true, now: lastAnswerAt, ...(old && { old }) },
      );
    const first = at(START);
    expect(at(START + 299_000, first)).toBe(undefined);
    expect(at(START + 300_000, first)?.lastHeartbeat).toBe(
      "2026-01-01T00:05:00.000Z",
    );
  });
});

describe("The conditions of the Cluster object", () => {
  it.each(
    CLUSTER_COURSES.map((course) => ({
      ...course,
      says: `${course.condition}/${course.status} ${course.reason}`,
    })),
  )("say $says when $when", ({ condition, status, reason, ...course }) => {
    const context = { now: course.now, generation: 7 };
    const next = clusterStatus(course.old, course.facts, context);
    const found = next?.conditions?.find(({ type }) => type === condition);
    expect(found).toMatchObject({ status, reason, observedGeneration: 7 });
  });

  it("are reached by the courses in all their reasons, and in no others", () => {
    const place = (of: { condition: string; status: string; reason: string }) =>
      `${of.condition}/${of.status} ${of.reason}`;
    expect(new Set(CLUSTER_COURSES.map(place))).toEqual(
      new Set(CLUSTER_REASONS.map(place)),
    );
  });

  it("don't change by themselves when nothing else does", () => {
    for (const { old, facts, now } of CLUSTER_COURSES) {
      const once = clusterStatus(old, facts, { now, generation: 1 });
      const again = { now: now + 1_000, generation: 1 };
      expect(clusterStatus(once ?? {}, facts, again)).toBe(undefined);
    }
  });
});

describe("The phase of the Cluster object", () => {
  const rejected = { status: "rejected", message: "" } as const;
  const expired = { status: "expired", message: "" } as const;
  it.each([
    ["Pending", { isRegistered: false, waitsForToken: true }, false],
    ["Registering", { isRegistered: false }, false],
    ["Connected", { authentication: ACCEPTED }, true],
    ["Disconnected", { authentication: ACCEPTED }, false],
    ["Error", { authentication: rejected }, true],
    ["Error", { authentication: expired }, false],
  ])("is %s when the link is %j", (phase, link, isAlive) => {
    expect(status(link, { isAlive })?.phase).toBe(phase);
  });

  it("is Terminating at last", () => {
    const phase = "Terminating";
    expect(terminatingStatus({ agentVersion: "1" })).toEqual({
      agentVersion: "1",
      phase,
    });
  });
});

describe("The credential in the status", () => {
  const at = (
    credential: { issuedAt?: number; registrationTokenDigest?: string },
    old: ClusterStatus = {},
  ) =>
    clusterStatus(old, clusterFacts({ credential }), {
      now: START,
      generation: 1,
    });

  it("tells which token was used up, when, and where the credential is", () => {
    const first = at({ issuedAt: START, registrationTokenDigest: "d1" });
    expect(first).toMatchObject({
      observedToken: "d1",
      credentialStatus: {
        secretName: "vworkspace-agent-credentials",
        secretNamespace: "vworkspace-system",
        registeredAt: "2026-01-01T00:00:00.000Z",
        registrationTokenConsumed: true,
      },
    });
    // A rotation is no registration.
    const rotated = { issuedAt: START + 5, registrationTokenDigest: "d1" };
    expect(at(rotated, first)).toBe(undefined);
    const again = { issuedAt: START + 9, registrationTokenDigest: "d2" };
    expect(at(again, first)?.credentialStatus?.registeredAt).toBe(
      "2026-01-01T00:00:00.009Z",
    );
  });

  it("tells of no token where the credential was given", () => {
    const given = at({});
    expect(given?.credentialStatus?.registrationTokenConsumed).toBe(false);
    expect(given).not.toHaveProperty("observedToken");
  });
});

describe("The event buffer in the status", () => {
  it("says full when events are dropped, and drained once no more than a batch waits", () => {
    const steps = [
      { queued: 500, dropped: 0, says: undefined },
      { queued: 900, dropped: 3, says: "True EventBufferFull" },
      { queued: 900, dropped: 3, says: "True EventBufferFull" },
      { queued: 101, dropped: 3, says: "True EventBufferFull" },
      { queued: 100, dropped: 3, says: "False BufferDrained" },
      { queued: 900, dropped: 3, says: "False BufferDrained" },
      { queued: 900, dropped: 4, says: "True EventBufferFull" },
      // After a restart a spool in memory counts anew.
      { queued: 0, dropped: 0, says: "False BufferDrained" },
      { queued: 900, dropped: 2, says: "True EventBufferFull" },
    ];
    let old: ClusterStatus = {};
    for (const { says, ...buffer } of steps) {
      old = status({}, { old, buffer }) ?? old;
      expect(said(old)["BufferOverflow"]).toBe(says);
      expect(old.buffer?.dropped).toBe(buffer.dropped);
    }
  });

  it("is written with the queue's length, but not for it alone", () => {
    const old = status({}, { buffer: { queued: 7, dropped: 0 } });
    expect(old?.buffer).toEqual({ queued: 7, dropped: 0 });
    const moved = { old: old ?? {}, buffer: { queued: 9, dropped: 0 } };
    expect(status({}, moved)).toBe(undefined);
    const changed = status({ isRegistered: false }, moved);
    expect(changed?.buffer).toEqual({ queued: 9, dropped: 0 });
  });
});

describe("Which Cluster object is the agent's", () => {
  const cluster = (
    name: string,
    labels = {},
    spec: object = {},
  ): KubeObject => ({ ...CLUSTER, metadata: { name, labels }, spec });

  it("this-cluster, else the first by name", () => {
    const own = cluster("this-cluster");
    expect(ownCluster([cluster("a"), own])).toBe(own);
    expect(ownCluster([cluster("b"), cluster("a")])?.metadata.name).toBe("a");
    expect(ownCluster([])).toBe(undefined);
  });

  const known = { endpoint: "http://gateway", clusterId: "c1" };

  it("is made where there is none, with its id as soon as that is known", () => {
    expect(clusterToWrite(undefined, known)).toMatchObject({
      metadata: { name: "this-cluster" },
      spec: { controlPlaneEndpoint: "http://gateway", clusterId: "c1" },
    });
    const early = clusterToWrite(undefined, { ...known, clusterId: undefined });
    expect(early?.["spec"]).toEqual({ controlPlaneEndpoint: "http://gateway" });
    const made = cluster("this-cluster", OURS, early?.["spec"] as object);
    expect(clusterToWrite(made, known)).toBeDefined();
  });

  it("is left as it is when nothing changed, or when a person made it", () => {
    const spec = { controlPlaneEndpoint: "http://gateway", clusterId: "c1" };
    const ours = cluster("this-cluster", OURS, spec);
    expect(clusterToWrite(ours, known)).toBe(undefined);
    expect(clusterToWrite(cluster("mine", {}), known)).toBe(undefined);
    expect(clusterToWrite(cluster("this-cluster", {}), known)).toBe(undefined);
  });
});

describe("Where a Cluster object names another control plane than the agent calls", () => {
  const called = "https://gateway.example.com";
  const naming = (spec: object): KubeObject => ({
    ...CLUSTER,
    metadata: { name: "mine" },
    spec,
  });

  it.each([
    [{}],
    [{ controlPlaneEndpoint: `${called}/` }],
    [{ controlPlaneEndpoint: called, odooBaseUrl: "https://old.example.com" }],
  ])("nothing is said of %j", (spec) => {
    expect(endpointNotice(naming(spec), called)).toBe("");
  });

  it("that is said beside Connected, whichever spelling names it", () => {
    for (const field of ["controlPlaneEndpoint", "odooBaseUrl"]) {
      const spec = { [field]: "https://other.example.com" };
      const notice = endpointNotice(naming(spec), called);
      expect(notice).toContain("CONTROL_PLANE_ENDPOINT");
      expect(notice).toContain("not https://other.example.com");
      const link = { isRegistered: true, lastAnswerAt: START };
      const facts = clusterFacts({
        link: { ...link, authentication: ACCEPTED },
        endpointNotice: notice,
      });
      const context = { now: START, generation: 1 };
      const [connected] = clusterStatus({}, facts, context)?.conditions ?? [];
      expect(connected).toMatchObject({
        type: "Connected",
        status: "True",
        message: notice,
      });
    }
  });
});
