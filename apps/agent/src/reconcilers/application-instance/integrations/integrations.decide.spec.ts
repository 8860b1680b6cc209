import type { KubeObject } from "@vworkspace/kube";
import {
  deployed,
  fetched,
  instance,
  integrationsSeen,
  observation,
} from "../../../testing/flux-objects";
import { decideInstance } from "../instance.decide";
import { desiredObjects } from "../desired";
import type { Observation } from "../observation";
import { instanceConditions } from "../instance-conditions.status";
import type { IntegrationsSeen } from "./integrations-seen";

const ALL = {
  ingress: { enabled: true, host: "web.example.com" },
  certManager: { enabled: true, issuerRef: { name: "ca" } },
  externalSecrets: {
    enabled: true,
    secretStoreRef: { name: "vault" },
    data: [{ secretKey: "k", remoteRef: { key: "web" } }],
  },
};

const web = instance({ integrations: ALL });

/** All is there, but for these kinds. */
function wanted(
  without: readonly string[] = [],
  of = web,
): IntegrationsSeen["wanted"] {
  return desiredObjects(of, undefined).integrations.map((desired) =>
    without.includes(desired.kind)
      ? { desired, isAsDesired: false }
      : { desired, actual: desired, isAsDesired: true },
  );
}

function seen(
  integrations: Partial<IntegrationsSeen>,
  over: Partial<Observation> = {},
): Observation {
  const all = integrationsSeen({ wanted: wanted(), ...integrations });
  return observation({ instance: web, integrations: all, ...over });
}

/** Nothing of Flux's is there. */
function fresh(integrations: Partial<IntegrationsSeen>): Observation {
  const {
    release: _,
    source: __,
    ...rest
  } = seen(integrations, {
    isSourceAsDesired: false,
    isReleaseAsDesired: false,
  });
  return rest;
}

const ready = (observation: Observation) =>
  instanceConditions(observation, decideInstance(observation)).find(
    ({ type }) => type === "Ready",
  );

const applied = (object: Observation) => {
  const { action } = decideInstance(object);
  return action?.do === "apply" ? action.object.kind : action?.do;
};

const EVERY = ["ExternalSecret", "Certificate", "Ingress"];

describe("What is done about integrations", () => {
  it("nothing when everything is as desired", () => {
    expect(decideInstance(seen({}))).toEqual({});
  });

  it("the ExternalSecret is written before the chart, the others after the release", () => {
    const nothing = fresh({ wanted: wanted(EVERY) });
    expect(applied(nothing)).toBe("ExternalSecret");
    const secretDone = wanted(["Certificate", "Ingress"]);
    const next = fresh({ wanted: secretDone });
    expect(applied(next)).toBe("OCIRepository");
    expect(applied({ ...next, isSourceAsDesired: true })).toBe("HelmRelease");
    expect(applied(seen({ wanted: secretDone }))).toBe("Certificate");
    expect(applied(seen({ wanted: wanted(["Ingress"]) }))).toBe("Ingress");
  });

  it("nothing is installed before the Secret is fetched, and Ready says why", () => {
    const secret = {
      problem: "never-fetched",
      message: "no such key",
    } as const;
    const waiting = fresh({ secret });
    const decision = decideInstance(waiting);
    expect(decision.action).toBe(undefined);
    expect(decision.recheckAfterMs).toBeGreaterThan(0);
    expect(ready(waiting)).toMatchObject({
      status: "False",
      reason: "WaitingForSecret",
      message: "no such key",
    });
  });

  it("the ExternalSecret's words come before those about the values that it is to fetch", () => {
    const secret = {
      problem: "never-fetched",
      message: "no such key",
    } as const;
    const missingValues = { kind: "Secret" as const, what: "Secret v, key k" };
    const decision = decideInstance({ ...fresh({ secret }), missingValues });
    expect(decision.unready?.message).toBe("no such key");
    const none = fresh({ wanted: wanted(["ExternalSecret"]) });
    expect(applied({ ...none, missingValues })).toBe("ExternalSecret");
  });

  it("what was fetched before goes on being used while the store is away", () => {
    const secret = { problem: "not-refreshed", message: "sealed" } as const;
    const decision = decideInstance(seen({ secret }));
    expect(decision.degraded).toEqual({
      reason: "ExternalSecretFailing",
      message: "sealed",
    });
    expect(ready(seen({ secret }))?.status).toBe("True");
  });

  it("a certificate that is waited for stands in place of True, and of nothing else", () => {
    const certificate = { message: "pending" };
    expect(ready(seen({ certificate }))).toMatchObject({
      status: "False",
      reason: "WaitingForCertificate",
    });
    const release = deployed(web, { history: [] });
    expect(ready(seen({ certificate }, { release }))).toMatchObject({
      reason: "Installing",
    });
    expect(
      decideInstance(seen({ certificate })).recheckAfterMs,
    ).toBeGreaterThan(0);
  });

  it.each<[string, Partial<IntegrationsSeen>, string, string]>([
    [
      "an add-on that is missing",
      {
        wanted: wanted(["Certificate"]),
        missingKinds: ["Certificate (cert-manager.io/v1)"],
      },
      "MissingDependencies",
      "Certificate (cert-manager.io/v1)",
    ],
    [
      "a name that somebody else has",
      { wanted: wanted(["Ingress"]), holder: "Ingress web-vworkspace" },
      "IntegrationNameTaken",
      "Ingress web-vworkspace",
    ],
  ])("%s blocks, and is looked at again", (_, integrations, reason, named) => {
    for (const world of [fresh(integrations), seen(integrations)]) {
      const decision = decideInstance(world);
      expect(decision.blocked?.reason).toBe(reason);
      expect(decision.blocked?.message).toContain(named);
      expect(decision.action).toBe(undefined);
      expect(decision.recheckAfterMs).toBeGreaterThan(0);
      expect(ready(world)?.status).not.toBe("True");
    }
  });

  it("nothing is written onto what somebody deletes", () => {
    const going = wanted().map((one) => ({
      ...one,
      actual: withDeletion(one.desired),
    }));
    const decision = decideInstance(seen({ wanted: going }));
    expect(decision.action).toBe(undefined);
    expect(decision.unready?.message).toContain("created anew");
  });

  it("what is asked for no more is deleted, once", () => {
    const [stale] = desiredObjects(web, undefined).integrations;
    if (stale === undefined) throw new Error("There is none.");
    const none = { instance: instance() };
    const decision = decideInstance(seen({ wanted: [], stale: [stale] }, none));
    expect(decision.action).toEqual({ do: "delete", object: stale });
    const going = withDeletion(stale);
    expect(
      decideInstance(seen({ wanted: [], stale: [going] }, none)).action,
    ).toBe(undefined);
  });

  it.each(["enabled", "warn", "disabled"])(
    "what others changed is taken back in drift mode %s",
    (mode) => {
      const drifting = instance({ integrations: ALL, drift: { mode } });
      const changed = wanted([], drifting).map((one) => ({
        ...one,
        isAsDesired: one.desired.kind !== "Ingress",
      }));
      const world = observation({
        instance: drifting,
        integrations: integrationsSeen({ wanted: changed }),
      });
      expect(decideInstance(world).action).toMatchObject({
        do: "apply",
        object: { kind: "Ingress" },
        force: true,
      });
      expect(ready(world)?.status).toBe("True");
    },
  );
});

describe("Outside a maintenance window", () => {
  const policy = {
    maintenanceWindows: [{ cron: "0 2 * * 6", durationMinutes: 60 }],
  };
  /** A Thursday. */
  const now = Date.UTC(2026, 0, 1);
  const windowed = instance({ integrations: ALL, policy }, { generation: 2 });
  const before = instance({ policy });
  /** What stands there was written for an earlier generation. */
  const older = instance({ integrations: ALL, policy });
  const wantedOf = (without: readonly string[], of = windowed) =>
    wanted(without, of).map((one) => {
      const actual = wanted([], older).find(
        ({ desired }) => desired.kind === one.desired.kind,
      )?.actual;
      return one.isAsDesired && actual ? { ...one, actual } : one;
    });

  function world(
    integrations: Partial<IntegrationsSeen>,
    over: Partial<Observation> = {},
  ): Observation {
    const of = over.instance ?? windowed;
    return observation({
      now,
      instance: of,
      source: fetched(before),
      release: deployed(before),
      integrations: integrationsSeen({ wanted: wantedOf([]), ...integrations }),
      ...over,
    });
  }

  it.each(EVERY)("a new %s waits", (kind) => {
    const waiting = world({ wanted: wantedOf([kind]) });
    expect(decideInstance(waiting).suspended?.reason).toBe("MaintenanceWindow");
  });

  it("what is asked for no more waits", () => {
    const stale = desiredObjects(windowed, undefined).integrations;
    const waiting = world(
      { wanted: [], stale },
      { instance: instance({ policy }, { generation: 2 }) },
    );
    expect(decideInstance(waiting).suspended?.reason).toBe("MaintenanceWindow");
  });

  it("a change that has begun is finished", () => {
    const begun = world(
      { wanted: wantedOf(["Ingress"]) },
      { release: deployed(windowed) },
    );
    expect(applied(begun)).toBe("Ingress");
  });

  it.each(EVERY)("an %s that somebody deleted is made anew", (kind) => {
    const condition = {
      type: "Ready",
      status: "True" as const,
      reason: "HelmReleaseReady",
      message: "",
      lastTransitionTime: "2026-01-01T00:00:00Z",
      observedGeneration: 2,
    };
    const known = { ...windowed, status: { conditions: [condition] } };
    const healing = world(
      { wanted: wantedOf([kind], known) },
      { instance: known },
    );
    expect(applied(healing)).toBe(kind);
  });
});

describe("An instance that is deleted", () => {
  const deletionTimestamp = "2026-01-01T00:00:00Z";
  const stale = desiredObjects(web, undefined).integrations;
  const going = (spec: object): Observation => {
    const {
      release: _,
      source: __,
      ...rest
    } = observation({
      instance: instance({ integrations: ALL, ...spec }, { deletionTimestamp }),
      integrations: integrationsSeen({ stale }),
      deletion: { releaseSecrets: 0, isKindGoing: false },
    });
    return rest;
  };

  it("takes its integrations with it, after the release", () => {
    const decision = decideInstance(going({}));
    expect(decision.action).toEqual({ do: "delete", object: stale[0] });
    expect(decision.deleting?.reason).toBe("Uninstalling");
    const release = deployed(web);
    expect(decideInstance({ ...going({}), release }).action).toMatchObject({
      object: { kind: "HelmRelease" },
    });
  });

  it("leaves them where everything is to stay", () => {
    expect(decideInstance(going({ deletionPolicy: "Orphan" })).action).toEqual({
      do: "remove-finalizer",
    });
  });
});

function withDeletion(object: KubeObject): KubeObject {
  const deletionTimestamp = "2026-01-01T00:00:00Z";
  return { ...object, metadata: { ...object.metadata, deletionTimestamp } };
}
