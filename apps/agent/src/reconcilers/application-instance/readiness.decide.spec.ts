import {
  deployed,
  fetched,
  instance,
  readyCondition,
} from "../../testing/flux-objects";
import { readinessOf } from "./readiness.decide";

const web = instance();
const helm = instance({
  chart: {
    sourceType: "helm",
    url: "https://charts.example.com",
    name: "podinfo",
    version: "1.2.3",
  },
});

function judge(over: Partial<Parameters<typeof readinessOf>[0]> = {}) {
  return readinessOf({
    instance: web,
    source: fetched(web),
    release: deployed(web),
    ...over,
  });
}

const refused = (message: string) =>
  fetched(web, {
    conditions: [readyCondition("False", "OCIArtifactPullFailed", message)],
  });

describe("Whether a generation is ready", () => {
  it("it is when the wanted chart is what is deployed", () => {
    expect(judge()).toEqual({
      ready: {
        status: "True",
        reason: "HelmReleaseReady",
        message: "podinfo 1.2.3 is deployed",
      },
    });
  });

  it("it is from a Helm repository as well, whose artifact names no version", () => {
    const source = fetched(helm, {
      artifact: { revision: "sha256:index", digest: "sha256:index" },
    });
    const release = deployed(helm, { lastAttemptedRevision: "1.2.3" });
    const state = { instance: helm, source, release };
    expect(judge(state).ready.status).toBe("True");
  });

  it("a placeholder is at once", () => {
    const placeholder = { ...web, spec: { appRef: { catalogId: "x" } } };
    expect(judge({ instance: placeholder }).ready.reason).toBe("Placeholder");
  });

  it.each([
    [
      "the objects are not written yet",
      { unwritten: "they are being written" },
      "Upgrading",
    ],
    [
      "the source has not seen its newest generation",
      { source: fetched(web, { observedGeneration: 0 }) },
      "Upgrading",
    ],
    [
      "the artifact is of another version",
      { source: fetched(web, { artifact: { revision: "1.2.2@sha256:c" } }) },
      "Upgrading",
    ],
    [
      "the release has not seen its newest generation",
      { release: deployed(web, { observedGeneration: 0 }) },
      "Upgrading",
    ],
    [
      "HelmRelease is Ready on the chart of before",
      {
        release: deployed(web, {
          history: [{ status: "deployed", chartVersion: "1.2.2+aaaa" }],
        }),
      },
      "Upgrading",
    ],
    [
      "the same version was published again and not deployed yet",
      {
        release: deployed(web, { lastAttemptedRevisionDigest: "sha256:old" }),
      },
      "Upgrading",
    ],
    [
      "nothing was ever deployed",
      { release: deployed(web, { history: [], conditions: [] }) },
      "Installing",
    ],
  ])("it isn't when %s", (_, over, reason) => {
    const { ready, reconciling } = judge(over);
    expect(ready).toMatchObject({ status: "False", reason });
    expect(reconciling).toBeDefined();
  });

  it("waits for the chart, not for Helm, while the artifact is of another version", () => {
    const source = fetched(web, { artifact: { revision: "1.2.2@sha256:c" } });
    expect(judge({ source }).reconciling).toBe("ChartSourceSyncing");
    const unseen = fetched(web, { observedGeneration: 0 });
    expect(judge({ source: unseen }).reconciling).toBe("ChartSourceSyncing");
    const newer = { unwritten: "blocked by something" };
    expect(judge({ source, ...newer }).ready.message).toBe(newer.unwritten);
  });

  it("a chart that can't be fetched is unreachable, and degrades what is installed", () => {
    const source = fetched(web, {
      conditions: [readyCondition("False", "OCIArtifactPullFailed", "no tag")],
    });
    expect(judge({ source })).toEqual({
      ready: {
        status: "False",
        reason: "ChartUnreachable",
        message: "no tag",
      },
      reconciling: "ChartSourceSyncing",
      degraded: "ChartUnreachable",
    });
    const fresh = deployed(web, { history: [], conditions: [] });
    expect(judge({ source, release: fresh }).degraded).toBe(undefined);
  });

  it("says which Secret to look at where the chart source refuses its credentials", () => {
    const secretRef = { name: "registry-login" };
    const chart = { ...web.spec.chart, secretRef };
    const withSecret = instance({ chart });
    const message = "GET https://x/v2/: UNAUTHORIZED: authentication required";
    const state = { instance: withSecret, source: refused(message) };
    expect(judge(state).ready).toMatchObject({
      reason: "ChartUnreachable",
      message: `${message}; check the credentials in Secret registry-login (spec.chart.secretRef)`,
    });
    expect(judge({ source: refused("403 Forbidden") }).ready.message).toContain(
      "spec.chart.secretRef",
    );
    expect(
      judge({ source: refused("no such host") }).ready.message,
    ).not.toContain("secretRef");
  });

  it("says what runs after a rollback", () => {
    const release = deployed(web, {
      history: [
        { status: "deployed", chartVersion: "1.2.2+aaaa", version: 3 },
        { status: "failed", chartVersion: "1.2.3+aaaa", version: 2 },
        { status: "superseded", chartVersion: "1.2.2+aaaa", version: 1 },
      ],
      conditions: [readyCondition("False", "RollbackSucceeded", "rolled back")],
    });
    expect(judge({ release })).toMatchObject({
      ready: {
        reason: "HelmReleaseFailed",
        message:
          "the upgrade to 1.2.3 was rolled back to 1.2.2+aaaa (revision 3): RollbackSucceeded: rolled back",
      },
      degraded: "HelmReleaseDegraded",
    });
  });

  it("a version that the Helm repository doesn't hold is unreachable", () => {
    const source = fetched(helm);
    const failing = (message: string) =>
      deployed(helm, {
        conditions: [readyCondition("False", "SourceNotReady", message)],
      });
    const missing = failing("no chart version found for podinfo-1.2.3");
    expect(
      judge({ instance: helm, source, release: missing }).ready.reason,
    ).toBe("ChartUnreachable");
    const early = failing("latest generation has not been reconciled");
    expect(judge({ instance: helm, source, release: early }).ready.reason).toBe(
      "Upgrading",
    );
  });

  it.each(["InstallFailed", "UpgradeFailed", "RollbackSucceeded"])(
    "a release with %s has failed, and degrades what worked",
    (reason) => {
      const release = deployed(web, {
        conditions: [readyCondition("False", reason, "timed out")],
      });
      expect(judge({ release })).toMatchObject({
        ready: {
          reason: "HelmReleaseFailed",
          message: expect.stringContaining(`${reason}: timed out`) as string,
        },
        degraded: "HelmReleaseDegraded",
      });
    },
  );

  it("a failure of the generation before says nothing about this one", () => {
    const release = deployed(
      web,
      { conditions: [readyCondition("False", "UpgradeFailed")] },
      { generation: 2 },
    );
    expect(judge({ release }).ready.reason).toBe("Upgrading");
  });
});
