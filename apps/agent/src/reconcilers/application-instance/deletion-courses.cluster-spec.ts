import type { KubeObject } from "@vworkspace/kube";
import { AgentBench, type RunningAgent } from "../../testing/agent-bench";
import { eventually } from "../../../../../test/cluster/eventually";
import { InstanceCourses } from "../../testing/instance-courses";
import {
  CUSTOM_RESOURCE_DEFINITION,
  HELM_RELEASE,
  OCI_REPOSITORY,
} from "../../watches/watched-kinds";

let bench: AgentBench;
let agent: RunningAgent;
let shop: InstanceCourses;

beforeAll(async () => {
  bench = await AgentBench.open(process.env["VWORKSPACE_TEST_LOG_LEVEL"], {
    isOwn: true,
  });
  await bench.installFlux();
  agent = await bench.startAgent();
  shop = new InstanceCourses(bench, await bench.optedIn("deletion"));
}, 600_000);

afterAll(async () => {
  await agent?.stop();
  await bench?.stop();
});

const PERSON = { fieldManager: "person" };
const FLUX_FINALIZER = "finalizers.fluxcd.io";

describe("Deleting an instance", () => {
  it("uninstalls what is Ready, and leaves nothing", async () => {
    await shop.ready("ready");
    await shop.delete("ready");
    await shop.isGone("ready");
  });

  it("resumes a suspended one first, so that it is uninstalled as well", async () => {
    await shop.ready("asleep");
    await shop.apply("asleep", { suspend: true });
    await shop.becomes("asleep", "Suspended True ManuallySuspended");
    await shop.delete("asleep");
    await shop.isGone("asleep");
  });

  it("works while its installation fails", async () => {
    shop.play("failing", { failedInstalls: 1_000_000 });
    await shop.apply("failing");
    await shop.becomes("failing", "Ready False HelmReleaseFailed");
    await shop.delete("failing");
    await shop.isGone("failing");
  });

  it("works while it is blocked and nothing of Flux's was made", async () => {
    await shop.apply("blocked", { serviceAccountName: "missing" });
    await shop.becomes("blocked", "Blocked True MissingDependencies");
    await shop.delete("blocked");
    await shop.isGone("blocked");
  });

  it("works when its chart source is gone already", async () => {
    await shop.ready("sourceless");
    await shop.apply("sourceless", { suspend: true });
    await shop.becomes("sourceless", "Suspended True ManuallySuspended");
    await bench.api.delete(shop.ref(OCI_REPOSITORY, "sourceless"));
    await shop.delete("sourceless");
    await shop.isGone("sourceless");
  });

  it("waits for a slow uninstallation, and says so", async () => {
    shop.play("slow", { uninstall: 3 });
    await shop.ready("slow");
    await shop.delete("slow");
    await shop.becomes("slow", "Deleting True Uninstalling");
    await shop.isGone("slow");
  });

  it("waits for an uninstallation that never ends, and never takes Flux's finalizer away", async () => {
    shop.play("stuck", { uninstall: "stuck" });
    await shop.ready("stuck");
    await shop.delete("stuck");
    await shop.becomes("stuck", "Deleting True Uninstalling");
    await shop.edit(shop.ref(HELM_RELEASE, "stuck"), {
      metadata: { annotations: { touched: "yes" } },
    });
    // Another one comes and goes meanwhile: the agent has had time to do wrong.
    await shop.ready("beside");
    const release = await shop.get(HELM_RELEASE, "stuck");
    expect(release?.metadata.finalizers).toEqual([FLUX_FINALIZER]);
    shop.play("stuck", {});
    await shop.isGone("stuck");
  });

  it("leaves everything with the policy Orphan", async () => {
    await shop.ready("kept", { deletionPolicy: "Orphan" });
    await shop.delete("kept");
    await eventually(
      "the instance is gone",
      async () => (await shop.instance("kept")) === undefined,
    );
    for (const kind of [HELM_RELEASE, OCI_REPOSITORY]) {
      const left = await shop.get(kind, "kept");
      expect(left).toBeDefined();
      expect(left?.metadata.deletionTimestamp).toBe(undefined);
    }
    expect(await shop.records("kept")).toHaveLength(1);
  });

  it("makes a HelmRelease anew that somebody deletes, and does not forget the application", async () => {
    await shop.ready("anew");
    const before = (await shop.get(HELM_RELEASE, "anew"))?.metadata.uid;
    await bench.api.delete(shop.ref(HELM_RELEASE, "anew"));
    await eventually("it is there again", async () => {
      const uid = (await shop.get(HELM_RELEASE, "anew"))?.metadata.uid;
      return uid !== undefined && uid !== before;
    });
    await shop.becomes("anew", "Ready True HelmReleaseReady");
  });

  it("works in a namespace that is going itself", async () => {
    const doomed = new InstanceCourses(bench, await bench.optedIn("doomed"));
    await doomed.ready("last");
    await bench.api.delete({
      apiVersion: "v1",
      kind: "Namespace",
      name: doomed.namespace,
    });
    await doomed.delete("last");
    await eventually(
      "the instance is gone",
      async () => (await doomed.instance("last")) === undefined,
      40_000,
    );
  });

  it("without Flux waits for whoever uninstalls the release, and is done when Helm's records are gone", async () => {
    await shop.ready("unserved");
    await bench.removeFlux();
    await shop.delete("unserved");
    await shop.becomes("unserved", "Deleting True WaitingForChildResources");
    const deleting = await shop.said("unserved", "Deleting");
    expect(deleting?.message).toContain("helm uninstall unserved");
    for (const name of await shop.records("unserved"))
      await bench.api.delete(
        shop.ref({ apiVersion: "v1", kind: "Secret" }, name),
      );
    await eventually(
      "the instance is gone",
      async () => (await shop.instance("unserved")) === undefined,
      40_000,
    );
  });
});

describe("In a namespace without the opt-in", () => {
  it("an instance is told what is missing, and goes without being uninstalled", async () => {
    const left = new InstanceCourses(bench, await bench.optedIn("left"));
    await bench.installFlux();
    await left.ready("free");
    const namespace = {
      apiVersion: "v1",
      kind: "Namespace",
      name: left.namespace,
    };
    const label = (value: string | null) =>
      left.edit(namespace, { metadata: { labels: { "managed-by": value } } });
    await label(null);
    await left.becomes("free", "Blocked True MissingDependencies");
    const blocked = await left.said("free", "Blocked");
    expect(blocked?.message).toContain(
      `kubectl label namespace ${left.namespace} managed-by=vworkspace`,
    );
    await label("vworkspace");
    await left.becomes("free", "Ready True HelmReleaseReady");
    await label(null);
    await left.becomes("free", "Blocked True MissingDependencies");
    await left.delete("free");
    await eventually(
      "the instance is gone",
      async () => (await left.instance("free")) === undefined,
      40_000,
    );
    const release = await left.get(HELM_RELEASE, "free");
    expect(release?.metadata.deletionTimestamp).toBe(undefined);
    expect(release).toBeDefined();
    expect(await left.records("free")).toHaveLength(1);
  }, 90_000);

  it("one with the label alone is told which binding is missing", async () => {
    const name = await bench.optedIn("unbound");
    const unbound = new InstanceCourses(bench, name);
    const binding = {
      apiVersion: "rbac.authorization.k8s.io/v1",
      kind: "RoleBinding",
      name: "vworkspace-agent",
      namespace: name,
    };
    const given = await bench.api.get<KubeObject>(binding);
    await bench.api.delete(binding);
    await unbound.apply("locked");
    await unbound.becomes("locked", "Blocked True MissingDependencies");
    const blocked = await unbound.said("locked", "Blocked");
    expect(blocked?.message).toContain("vworkspace-agent-namespace");
    const { metadata, roleRef, subjects } = given as KubeObject;
    await bench.api.apply(
      {
        apiVersion: binding.apiVersion,
        kind: binding.kind,
        metadata: { name: metadata.name, namespace: name },
        roleRef,
        subjects,
      },
      PERSON,
    );
    await unbound.becomes("locked", "Ready True HelmReleaseReady");
  }, 90_000);
});

describe("Deleting the kind itself", () => {
  it("lets go of every instance and uninstalls nothing", async () => {
    await bench.installFlux();
    const release = async (): Promise<KubeObject | undefined> =>
      shop.get(HELM_RELEASE, "survivor");
    await shop.ready("survivor");
    const definition = {
      ...CUSTOM_RESOURCE_DEFINITION,
      name: "applicationinstances.apps.vworkspace.io",
    };
    await bench.api.patch(
      definition,
      { metadata: { annotations: { "vworkspace.io/allow-delete": "true" } } },
      PERSON,
    );
    await bench.api.delete(definition);
    await eventually(
      "the kind is gone",
      async () => (await bench.api.get(definition)) === undefined,
      60_000,
    );
    expect(await release()).toBeDefined();
    expect((await release())?.metadata.deletionTimestamp).toBe(undefined);
    expect(await shop.records("survivor")).toHaveLength(1);
  });
});
