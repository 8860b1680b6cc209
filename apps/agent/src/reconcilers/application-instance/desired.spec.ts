import { instance } from "../../testing/flux-objects";
import { isAsDesired, writtenFor } from "./derived-object";
import { desiredObjects } from "./desired";

const spec = (of: ReturnType<typeof instance>, version?: string) =>
  desiredObjects(of, version).release["spec"];

describe("What an instance becomes", () => {
  it("an OCIRepository under the tag, with + as _", () => {
    const chart = {
      sourceType: "oci",
      url: "oci://registry.example.com/charts/",
      name: "podinfo",
      version: "1.2.3+b1",
      secretRef: { name: "pull" },
    };
    expect(desiredObjects(instance({ chart }), undefined).source).toMatchObject(
      {
        kind: "OCIRepository",
        spec: {
          url: "oci://registry.example.com/charts/podinfo",
          ref: { tag: "1.2.3_b1" },
          layerSelector: { operation: "copy" },
          secretRef: { name: "pull" },
        },
      },
    );
  });

  it("a HelmRepository and the exact version", () => {
    const chart = {
      sourceType: "helm",
      url: "https://charts.example.com",
      name: "podinfo",
      version: "1.2.3",
    };
    const { source, release } = desiredObjects(instance({ chart }), undefined);
    expect(source).toMatchObject({
      kind: "HelmRepository",
      spec: { url: "https://charts.example.com" },
    });
    expect(release["spec"]).toMatchObject({
      chart: {
        spec: {
          chart: "podinfo",
          version: "1.2.3",
          sourceRef: { kind: "HelmRepository", name: "web" },
        },
      },
    });
  });

  it("a release that acts as its service account and takes nothing over", () => {
    expect(spec(instance())).toMatchObject({
      serviceAccountName: "vworkspace-release",
      timeout: "300s",
      install: { disableTakeOwnership: true, remediation: { retries: 3 } },
      upgrade: {
        disableTakeOwnership: true,
        remediation: { retries: 3, remediateLastFailure: false },
      },
      driftDetection: { mode: "warn" },
      suspend: false,
    });
  });

  it("a release that rolls back where the policy says so", () => {
    const policy = { timeoutSeconds: 60, rollbackOnFailure: true };
    expect(spec(instance({ policy }))).toMatchObject({
      timeout: "60s",
      upgrade: {
        remediation: {
          retries: 3,
          strategy: "rollback",
          remediateLastFailure: true,
        },
      },
    });
  });

  const configMapRef = { name: "base", key: "values.yaml" };
  const secretRef = { name: "creds", key: "values.yaml" };
  const inline = { replicas: 2 };

  it.each([
    ["inline", ["values"], []],
    ["configMapRef", [], ["ConfigMap"]],
    ["secretRef", [], ["Secret"]],
    ["merge", ["values"], ["ConfigMap", "Secret"]],
  ])("values of %s, the later the stronger", (source, own, kinds) => {
    const values = { source, inline, configMapRef, secretRef };
    const made = spec(instance({ values })) as {
      values?: object;
      valuesFrom?: { kind: string }[];
    };
    expect(made.values).toEqual(own.length > 0 ? inline : undefined);
    expect((made.valuesFrom ?? []).map(({ kind }) => kind)).toEqual(kinds);
  });

  it("no ownerReference, labels that lead back, and another request when values change", () => {
    const first = desiredObjects(instance(), "v1").release;
    const second = desiredObjects(instance(), "v2").release;
    expect(first.metadata.ownerReferences).toBe(undefined);
    expect(first.metadata.labels).toMatchObject({
      "app.vworkspace.io/application-instance": "web",
    });
    const requested = "reconcile.fluxcd.io/requestedAt";
    expect(first.metadata.annotations?.[requested]).not.toBe(
      second.metadata.annotations?.[requested],
    );
  });
});

describe("Whether an object is as desired", () => {
  const desired = desiredObjects(instance(), undefined).release;
  const actual = () => structuredClone(desired);

  it("with defaults and foreign fields on top it is", () => {
    const object = actual();
    Object.assign(object["spec"] as object, { maxHistory: 5 });
    expect(isAsDesired(object, desired)).toBe(true);
  });

  it("with a changed, a missing or a no longer wanted field it isn't", () => {
    const changed = actual();
    Object.assign(changed["spec"] as object, { suspend: true });
    expect(isAsDesired(changed, desired)).toBe(false);
    const missing = actual();
    delete (missing["spec"] as { install?: object }).install;
    expect(isAsDesired(missing, desired)).toBe(false);
    const more = instance({ values: { source: "inline", inline: { a: 1 } } });
    const before = desiredObjects(more, undefined).release;
    expect(isAsDesired(before, desired)).toBe(false);
    expect(isAsDesired(undefined, desired)).toBe(false);
  });

  it("null in values counts as absent, since it is dropped on the way", () => {
    const values = { source: "inline", inline: { a: null, b: { c: null } } };
    const wanted = desiredObjects(instance({ values }), undefined).release;
    const object = structuredClone(wanted);
    Object.assign(object["spec"] as object, { values: {} });
    expect(isAsDesired(object, wanted)).toBe(true);
  });
});

describe("For whom an object was last written", () => {
  const asked = (annotations: Record<string, string>) =>
    desiredObjects(instance({}, { annotations }), undefined).release;

  it("is noted on it, without making it another wish", () => {
    const one = asked({
      "vworkspace.io/requested-by": "ana",
      "vworkspace.io/intent-generation": "4",
    });
    const two = asked({
      "vworkspace.io/requested-by": "bob",
      "vworkspace.io/intent-generation": "5",
    });
    expect(writtenFor(one)).toEqual({
      requestedBy: "ana",
      intentGeneration: 4,
    });
    expect(isAsDesired(one, two)).toBe(true);
  });

  it("is unknown where nobody said it, and never longer than the status takes", () => {
    expect(writtenFor(asked({}))).toEqual({});
    const long = asked({
      "vworkspace.io/requested-by": "x".repeat(9000),
      "vworkspace.io/intent-generation": "many",
    });
    expect(writtenFor(long)).toEqual({ requestedBy: "x".repeat(253) });
  });
});
