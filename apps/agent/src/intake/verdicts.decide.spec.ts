import type { KubeObject } from "@vworkspace/kube";
import { APPLICATION_INSTANCE, OPERATION } from "@vworkspace/resources";
import { followApplied, objectTimeoutMs } from "./follow.decide";
import {
  kindRefusal,
  manifestRefusal,
  stampedManifest,
} from "./manifest.decide";
import { namespaceVerdict } from "./namespace.decide";
import { decideApply, decideDelete } from "./write.decide";
import { instanceManifest } from "../testing/instance-manifest";

const STAMP = "vworkspace.io/intent-generation";

function object(
  stamp: number | undefined,
  more: Partial<KubeObject["metadata"]> = {},
  body: Record<string, unknown> = {},
): KubeObject {
  return {
    ...APPLICATION_INSTANCE,
    metadata: {
      name: "web",
      namespace: "shop",
      generation: 3,
      ...(stamp !== undefined && { annotations: { [STAMP]: String(stamp) } }),
      ...more,
    },
    ...body,
  };
}

const DELETED = { deletionTimestamp: "2026-01-01T00:00:00Z" };

describe("What an apply does", () => {
  it.each([
    ["absent", undefined, 5, "create"],
    ["older", object(4), 5, "update"],
    ["of unknown origin", object(undefined), 5, "update"],
    ["the same", object(5), 5, "follow"],
    ["newer", object(6), 5, "superseded"],
    ["being deleted", object(6, DELETED), 5, "wait-for-end"],
    ["anything, and the job has no generation", object(6), undefined, "update"],
  ])("when the object is %s", (_, current, generation, step) => {
    expect(decideApply(current, generation).step).toBe(step);
  });
});

describe("What a delete does", () => {
  it.each([
    ["absent", undefined, 5, "gone"],
    ["older", object(4), 5, "delete"],
    ["the same", object(5), 5, "delete"],
    ["newer", object(6), 5, "superseded"],
    ["being deleted", object(4, DELETED), 5, "follow"],
    ["newer, and the job has no generation", object(6), undefined, "delete"],
  ])("when the object is %s", (_, current, generation, step) => {
    expect(decideDelete(current, generation).step).toBe(step);
  });
});

describe("Where an applied object stands", () => {
  const seen = (
    conditions: Record<string, string>,
    status: Record<string, unknown> = {},
    spec: Record<string, unknown> = {},
  ) =>
    object(
      5,
      {},
      {
        spec,
        status: {
          observedGeneration: 3,
          intentGeneration: 5,
          conditions: Object.entries(conditions).map(([type, value]) => ({
            type,
            status: value,
            reason: `${type}Reason`,
            message: "why",
          })),
          ...status,
        },
      },
    );
  const wanted = { generation: 3, intent: 5 };

  it.each([
    ["ready", seen({ Ready: "True" }), "succeeded"],
    ["not ready", seen({ Ready: "False" }), "waiting"],
    ["without conditions", seen({}), "waiting"],
    [
      "ready, but for an older spec",
      seen({ Ready: "True" }, { observedGeneration: 2 }),
      "waiting",
    ],
    [
      "ready, but for an older intent",
      seen({ Ready: "True" }, { intentGeneration: 4 }),
      "waiting",
    ],
    [
      "to be suspended and is",
      seen({ Ready: "False", Suspended: "True" }, {}, { suspend: true }),
      "succeeded",
    ],
    [
      "ready as before, and a change waits for its window",
      seen({ Ready: "True", Suspended: "True" }),
      "succeeded",
    ],
    [
      "not ready, and a change waits for its window",
      seen({ Ready: "False", Suspended: "True" }),
      "succeeded",
    ],
    [
      "to be suspended and still ready",
      seen({ Ready: "True" }, {}, { suspend: true }),
      "waiting",
    ],
    ["blocked", seen({ Ready: "Unknown", Blocked: "True" }), "waiting"],
    ["overtaken", object(6), "superseded"],
  ])("when it is %s", (_, current, state) => {
    expect(followApplied(current, wanted).state).toBe(state);
  });

  it.each([
    ["accepted", { Accepted: "True" }, "succeeded"],
    ["blocked", { Accepted: "Unknown", Blocked: "True" }, "succeeded"],
    ["refused", { Accepted: "False" }, "failed"],
    ["new", {}, "waiting"],
  ])("when an operation is %s", (_, conditions, state) => {
    const operation = { ...seen(conditions), ...OPERATION };
    expect(followApplied(operation, wanted).state).toBe(state);
  });

  it("asks of other kinds only that they are applied", () => {
    const map = { ...object(5), apiVersion: "v1", kind: "ConfigMap" };
    expect(followApplied(map, wanted).state).toBe("succeeded");
  });

  it("takes the time that an object may need from its own policy", () => {
    const patient = object(1, {}, { spec: { policy: { timeoutSeconds: 9 } } });
    expect(objectTimeoutMs(patient)).toBe(9_000);
    expect(objectTimeoutMs(object(1))).toBe(300_000);
  });
});

describe("What a job may carry", () => {
  const configMap = { apiVersion: "v1", kind: "ConfigMap" };

  it.each([
    [APPLICATION_INSTANCE, [], undefined],
    [OPERATION, [], undefined],
    [configMap, [], "VWORKSPACE_ALLOWED_KINDS"],
    [configMap, [configMap], undefined],
    [
      { apiVersion: "apps.vworkspace.io/v2", kind: "ApplicationInstance" },
      [],
      "VWORKSPACE_ALLOWED_KINDS",
    ],
  ])("%j", (kind, allowed, named) => {
    const refusal = kindRefusal(kind, allowed);
    if (named === undefined) expect(refusal).toBe(undefined);
    else expect(refusal).toContain(named);
  });

  it.each([
    { apiVersion: "rbac.authorization.k8s.io/v1", kind: "ClusterRole" },
    {
      apiVersion: "apiextensions.k8s.io/v1",
      kind: "CustomResourceDefinition",
    },
    {
      apiVersion: "admissionregistration.k8s.io/v1",
      kind: "MutatingWebhookConfiguration",
    },
  ])("never $kind, whatever is allowed", (kind) => {
    expect(kindRefusal(kind, [kind])).toContain("never");
  });

  it("no values that look like secrets", () => {
    const inline = { db: { password: "hunter2" } };
    const refusal = manifestRefusal(
      instanceManifest("shop", "web", { values: { source: "inline", inline } }),
    );
    expect(refusal).toContain("db.password");
    expect(refusal).not.toContain("hunter2");
  });

  it("no version that is none, and no namespace but its own", () => {
    const chart = {
      sourceType: "oci",
      url: "oci://registry.example.com/charts",
      name: "podinfo",
      version: "latest",
    };
    expect(
      manifestRefusal(instanceManifest("shop", "web", { chart })),
    ).toContain("spec.chart.version");
    const release = { name: "web", namespace: "other" };
    expect(
      manifestRefusal(instanceManifest("shop", "web", { release })),
    ).toContain("namespace");
    expect(manifestRefusal(instanceManifest("shop", "web"))).toBe(undefined);
  });

  it("nothing in its metadata but names, labels and annotations", () => {
    const manifest = object(undefined, {
      labels: { team: "a", "app.vworkspace.io/managed-by": "odoo" },
      annotations: { note: "b", "vworkspace.io/adopt": "true" },
      finalizers: ["evil/never"],
      ownerReferences: [{ apiVersion: "v1", kind: "Pod", name: "p", uid: "u" }],
      uid: "u",
      resourceVersion: "1",
    });
    const ref = { ...APPLICATION_INSTANCE, namespace: "shop", name: "web" };
    expect(
      stampedManifest({ ...manifest, status: { phase: "Ready" } }, ref, {
        clusterId: "c1",
        generation: 5,
      }),
    ).toEqual({
      ...APPLICATION_INSTANCE,
      metadata: {
        name: "web",
        namespace: "shop",
        labels: {
          team: "a",
          "app.vworkspace.io/managed-by": "odoo",
          "app.vworkspace.io/cluster-id": "c1",
          "velero.io/exclude-from-backup": "true",
        },
        annotations: { note: "b", [STAMP]: "5" },
      },
    });
  });
});

describe("Where the agent may act", () => {
  const rules = { agentNamespace: "vworkspace-system", patterns: ["shop-*-x"] };
  const namespace = (labels: Record<string, string>, more = {}) => ({
    apiVersion: "v1",
    kind: "Namespace",
    metadata: { name: "n", labels, ...more },
  });

  it.each([
    ["n", namespace({ "managed-by": "vworkspace" }), "open"],
    ["n", namespace({}), "closed"],
    ["n", namespace({ "managed-by": "helm" }), "closed"],
    ["n", namespace({ "managed-by": "vworkspace" }, DELETED), "closed"],
    ["shop-a-x", undefined, "create"],
    ["shop--x", undefined, "create"],
    ["shop-x", undefined, "closed"],
    ["crm", undefined, "closed"],
  ])("in %s", (name, seen, verdict) => {
    expect(namespaceVerdict(name, seen, rules).verdict).toBe(verdict);
  });

  it.each(["kube-system", "kube-any", "default", "vworkspace-system"])(
    "never creates %s, whatever the patterns",
    (name) => {
      const open = { ...rules, patterns: ["*"] };
      expect(namespaceVerdict(name, undefined, open).verdict).toBe("closed");
    },
  );
});
