import type { KubeObject } from "@vworkspace/kube";
import { eventually } from "../../../../../../test/cluster/eventually";
import {
  certManagerDefinitions,
  externalSecretsDefinitions,
} from "../../../testing/add-on-definitions";
import { AddOnsStandIn } from "../../../testing/add-ons-stand-in";
import { AgentBench, type RunningAgent } from "../../../testing/agent-bench";
import { InstanceCourses } from "../../../testing/instance-courses";
import { conditionOf } from "../../../testing/instance-manifest";
import {
  CERTIFICATE,
  EXTERNAL_SECRET,
  HELM_RELEASE,
  INGRESS,
  SECRET,
} from "../../../watches/watched-kinds";

let bench: AgentBench;
let agent: RunningAgent;
let shop: InstanceCourses;
let addOns: AddOnsStandIn;

beforeAll(async () => {
  bench = await AgentBench.open(process.env["VWORKSPACE_TEST_LOG_LEVEL"], {
    isOwn: true,
  });
  await bench.installFlux();
  agent = await bench.startAgent();
  shop = new InstanceCourses(bench, await bench.optedIn("integrations"));
  addOns = new AddOnsStandIn(bench.api, shop.namespace);
}, 600_000);

afterAll(async () => {
  await agent?.stop();
  await bench?.stop();
});

const PATIENCE_MS = 40_000;
const KEY = "values.yaml";
const KINDS = [INGRESS, CERTIFICATE, EXTERNAL_SECRET];

const ingress = (host: string) => ({ enabled: true, host });
const certManager = (kind = "Issuer") => ({
  enabled: true,
  issuerRef: { name: "ca", kind },
});
const externalSecrets = (kind = "SecretStore") => ({
  enabled: true,
  secretStoreRef: { name: "vault", kind },
  data: [{ secretKey: KEY, remoteRef: { key: "web" } }],
});
const valuesFrom = (name: string) => ({
  source: "secretRef",
  secretRef: { name, key: KEY },
});

/** The integration object of an instance. */
function made(kind: { apiVersion: string; kind: string }, instance: string) {
  return shop.get(kind, `${instance}-vworkspace`);
}

async function said(name: string, type: string, words: string): Promise<void> {
  await eventually(
    `${name} says ${words}`,
    async () => {
      const condition = conditionOf(await shop.instance(name), type);
      return condition?.message.includes(words);
    },
    PATIENCE_MS,
  );
}

async function isMade(
  kind: { apiVersion: string; kind: string },
  instance: string,
): Promise<KubeObject> {
  return eventually(
    `${instance} has its ${kind.kind}`,
    () => made(kind, instance),
    PATIENCE_MS,
  );
}

describe("An add-on that is missing", () => {
  it("is named, and used by itself as soon as it is installed", async () => {
    await shop.apply("early", {
      integrations: {
        ingress: ingress("early.example.com"),
        certManager: certManager(),
        externalSecrets: externalSecrets(),
      },
    });
    const blocked = "Blocked True MissingDependencies";
    await shop.becomes("early", blocked);
    await said("early", "Blocked", "Certificate (cert-manager.io/v1)");
    await said("early", "Blocked", "ExternalSecret (external-secrets.io/v1)");
    expect(await shop.get(HELM_RELEASE, "early")).toBe(undefined);
    await bench.install(certManagerDefinitions());
    await bench.install(externalSecretsDefinitions());
    await isMade(EXTERNAL_SECRET, "early");
    await shop.becomes("early", "Ready False WaitingForSecret");
    await addOns.fetch("early", "a: 1");
    await shop.becomes("early", "Ready False WaitingForCertificate");
    await addOns.issue("early");
    await shop.becomes("early", "Ready True HelmReleaseReady");
    await shop.becomes("early", "Blocked False Unblocked");
  }, 180_000);
});

describe("An instance with an Ingress", () => {
  it("is reached by https as soon as the certificate is issued, and says why it isn't until then", async () => {
    await shop.apply("web", {
      integrations: {
        ingress: { ...ingress("web.example.com"), className: "nginx" },
        certManager: certManager(),
      },
    });
    await shop.becomes("web", "Ready False WaitingForCertificate");
    await said("web", "Ready", "Issuer ca does not exist");
    await addOns.issuer("Issuer", "ca", "no account at the authority");
    await addOns.pending("web", "Issuing certificate as Secret does not exist");
    await addOns.request("web", "the order is pending");
    await said("web", "Ready", "no account at the authority");
    await said("web", "Ready", "as Secret does not exist");
    await said("web", "Ready", "the order is pending");
    await addOns.issue("web");
    const ready = await shop.becomes("web", "Ready True HelmReleaseReady");
    expect(ready["status"]).toMatchObject({
      endpoints: [{ url: "https://web.example.com", type: "ingress" }],
    });
    expect((await made(INGRESS, "web"))?.["spec"]).toMatchObject({
      ingressClassName: "nginx",
      rules: [{ host: "web.example.com" }],
      tls: [{ secretName: "web-vworkspace-tls" }],
    });
    await addOns.pending("web", "the certificate has expired");
    await shop.becomes("web", "Ready False WaitingForCertificate");
    await addOns.issue("web");
    await shop.becomes("web", "Ready True HelmReleaseReady");
  }, 180_000);

  it("is told of an issuer of the cluster", async () => {
    await addOns.issuer("ClusterIssuer", "ca", "the whole cluster waits");
    await shop.apply("wide", {
      integrations: {
        ingress: ingress("wide.example.com"),
        certManager: certManager("ClusterIssuer"),
      },
    });
    await said("wide", "Ready", "ClusterIssuer ca: the whole cluster waits");
  });

  it("gets it back as it was, in any drift mode, when somebody changes or deletes it", async () => {
    const integrations = { ingress: ingress("back.example.com") };
    await shop.ready("back", { drift: { mode: "disabled" }, integrations });
    const ref = shop.ref(INGRESS, "back-vworkspace");
    const host = async () => {
      const found = (await made(INGRESS, "back"))?.["spec"] as
        { rules: { host: string }[] } | undefined;
      return found?.rules[0]?.host;
    };
    const { uid } = (await made(INGRESS, "back"))?.metadata ?? {};
    await shop.edit(ref, {
      spec: { rules: [{ host: "elsewhere.example.com" }] },
    });
    await eventually("it is as it was", async () => {
      return (await host()) === "back.example.com";
    });
    await bench.api.delete(ref);
    await eventually("it is there again", async () => {
      const again = await made(INGRESS, "back");
      return again !== undefined && again.metadata.uid !== uid;
    });
    await shop.becomes("back", "Ready True HelmReleaseReady");
  }, 90_000);

  it("has none any more when it asks for none, and none is left when it goes", async () => {
    const integrations = {
      ingress: ingress("gone.example.com"),
      certManager: certManager(),
    };
    await shop.apply("gone", { integrations });
    await shop.becomes("gone", "Ready False WaitingForCertificate");
    await shop.apply("gone", {
      integrations: { ...integrations, certManager: { enabled: false } },
    });
    await shop.becomes("gone", "Ready True HelmReleaseReady");
    await eventually("the Certificate is gone", async () => {
      return (await made(CERTIFICATE, "gone")) === undefined;
    });
    expect(await made(INGRESS, "gone")).toBeDefined();
    await shop.delete("gone");
    await shop.isGone("gone");
    expect(await made(INGRESS, "gone")).toBe(undefined);
  });

  it("leaves all of it where it is to leave everything", async () => {
    await shop.apply("kept", {
      deletionPolicy: "Orphan",
      integrations: {
        ingress: ingress("kept.example.com"),
        certManager: certManager(),
        externalSecrets: externalSecrets(),
      },
    });
    await isMade(EXTERNAL_SECRET, "kept");
    await addOns.fetch("kept", "a: 1");
    await shop.becomes("kept", "Ready False WaitingForCertificate");
    await shop.delete("kept");
    await eventually(
      "the instance is gone",
      async () => (await shop.instance("kept")) === undefined,
      PATIENCE_MS,
    );
    for (const kind of KINDS) {
      const left = await made(kind, "kept");
      expect(left?.metadata.deletionTimestamp).toBe(undefined);
      expect(left).toBeDefined();
    }
  }, 90_000);
});

describe("An instance whose values are fetched", () => {
  it("is not installed before they are there, and says why", async () => {
    await addOns.clusterStore("vault", "the vault is sealed");
    await shop.apply("fed", {
      values: valuesFrom("fed-values"),
      integrations: { externalSecrets: externalSecrets("ClusterSecretStore") },
    });
    await shop.becomes("fed", "Ready False WaitingForSecret");
    await said("fed", "Ready", "ClusterSecretStore vault: the vault is sealed");
    await addOns.fail("fed", "could not get web");
    await said("fed", "Ready", "could not get web");
    expect(await shop.get(HELM_RELEASE, "fed")).toBe(undefined);
    await addOns.fetch("fed", "a: 1");
    await shop.becomes("fed", "Ready True HelmReleaseReady");
    expect(await shop.releaseSpec("fed")).toMatchObject({
      valuesFrom: [{ kind: "Secret", name: "fed-values" }],
    });
  });

  it("goes on with what was fetched while the store is away, and is degraded", async () => {
    await shop.apply("stale", {
      integrations: { externalSecrets: externalSecrets() },
    });
    await isMade(EXTERNAL_SECRET, "stale");
    await addOns.fetch("stale", "a: 1");
    await shop.becomes("stale", "Ready True HelmReleaseReady");
    await addOns.fail("stale", "the vault is away");
    await shop.becomes("stale", "Degraded True ExternalSecretFailing");
    await said("stale", "Degraded", "the vault is away");
    await shop.becomes("stale", "Ready True HelmReleaseReady");
    await addOns.fetch("stale", "a: 1");
    await shop.becomes("stale", "Degraded False Recovered");
    await shop.delete("stale");
    await shop.isGone("stale");
    expect(await made(EXTERNAL_SECRET, "stale")).toBe(undefined);
  });

  it("gets its ExternalSecret anew when somebody deletes it under way", async () => {
    await shop.apply("anew", {
      integrations: { externalSecrets: externalSecrets() },
    });
    const { uid } = (await isMade(EXTERNAL_SECRET, "anew")).metadata;
    await shop.becomes("anew", "Ready False WaitingForSecret");
    await bench.api.delete(shop.ref(EXTERNAL_SECRET, "anew-vworkspace"));
    await eventually("it is there again", async () => {
      const again = await made(EXTERNAL_SECRET, "anew");
      return again !== undefined && again.metadata.uid !== uid;
    });
    await addOns.fetch("anew", "a: 1");
    await shop.becomes("anew", "Ready True HelmReleaseReady");
  }, 90_000);
});

describe("What others made under a name of ours", () => {
  it("stays theirs, and the instance goes on when it goes", async () => {
    const theirs = {
      ...INGRESS,
      metadata: { name: "theirs-vworkspace" },
      spec: {
        defaultBackend: { service: { name: "theirs", port: { number: 80 } } },
      },
    };
    await shop.create(theirs);
    await shop.apply("theirs", {
      drift: { mode: "enabled" },
      integrations: { ingress: ingress("theirs.example.com") },
    });
    await shop.becomes("theirs", "Blocked True IntegrationNameTaken");
    await said("theirs", "Blocked", "Ingress theirs-vworkspace");
    expect((await made(INGRESS, "theirs"))?.["spec"]).toEqual(theirs.spec);
    await bench.api.delete(shop.ref(INGRESS, "theirs-vworkspace"));
    await shop.becomes("theirs", "Ready True HelmReleaseReady");
  }, 90_000);

  it("stays theirs also when it is a Secret that an add-on would overwrite", async () => {
    const data = { [KEY]: "YTogMQ==" };
    await shop.create({ ...SECRET, metadata: { name: "by-hand" }, data });
    await shop.apply("safe", {
      values: valuesFrom("by-hand"),
      integrations: { externalSecrets: externalSecrets() },
    });
    await shop.becomes("safe", "Blocked True IntegrationNameTaken");
    await said("safe", "Blocked", "Secret by-hand");
    expect(await made(EXTERNAL_SECRET, "safe")).toBe(undefined);
    expect((await shop.get(SECRET, "by-hand"))?.["data"]).toEqual(data);
    await shop.ready("safe", { values: valuesFrom("by-hand") });
  }, 90_000);
});
