import {
  ANNOTATIONS,
  APPLICATION_INSTANCE,
  FIELD_MANAGERS,
  type OperationSpec,
} from "@vworkspace/resources";
import type { KubeClient, KubeObject } from "@vworkspace/kube";
import { eventually } from "../../../../../test/cluster/eventually";
import { AgentBench, type RunningAgent } from "../../testing/agent-bench";
import { EngineCourse } from "../../testing/engine-course";
import { CHART, InstanceCourses } from "../../testing/instance-courses";
import { instanceManifest } from "../../testing/instance-manifest";
import { interruptedApi, Killed } from "../../testing/interrupted-api";
import type { EngineVerdict } from "../engine";
import { HelmEngine } from "./helm.engine";

let bench: AgentBench;
let agent: RunningAgent;
let shop: InstanceCourses;
let engineApi: KubeClient;

beforeAll(async () => {
  bench = await AgentBench.open(process.env["VWORKSPACE_TEST_LOG_LEVEL"]);
  await bench.installFlux();
  agent = await bench.startAgent();
  engineApi = bench.engineApi();
  shop = new InstanceCourses(bench, await bench.optedIn("upgrades"));
}, 600_000);

afterAll(async () => {
  await agent?.stop();
  await bench?.stop();
});

interface Started {
  readonly course: EngineCourse;
  readonly writes: readonly string[];
}

async function start(
  name: string,
  parameters: OperationSpec["parameters"] & object,
  killedAt?: number,
): Promise<Started> {
  const kill = { at: killedAt, amongWrites: true } as const;
  const { api, writes } = interruptedApi(engineApi, kill);
  const target = (await shop.instance(name)) as KubeObject;
  const course = new EngineCourse(new HelmEngine({ api }), {
    api,
    namespace: shop.namespace,
    uid: `uid-${name}`,
    spec: { type: "Upgrade", engine: "helm", parameters },
    target: target as never,
  });
  return { course, writes };
}

/** The agent and the stand-in for Flux are at work meanwhile. */
function untilOver(course: EngineCourse): Promise<EngineVerdict> {
  return eventually("the operation is over", async () => {
    const verdict = await course.settle();
    return verdict.state === "working" ? undefined : verdict;
  });
}

function untilSaid(course: EngineCourse, words: string): Promise<unknown> {
  return eventually(`it says ${words}`, async () => {
    const { message } = await course.settle();
    return message.includes(words);
  });
}

async function specOf(name: string) {
  const instance = await shop.instance(name);
  return instance?.["spec"] as {
    chart: { version: string };
    values: { inline: object };
  };
}

describe("An upgrade of an instance that no control plane manages", () => {
  it("by version and values is written once, and followed until it runs", async () => {
    await shop.ready("own");
    const { course, writes } = await start("own", {
      targetVersion: "1.3.0",
      valuesPatch: { replicas: null, size: "big" },
    });
    expect(await untilOver(course)).toMatchObject({
      state: "succeeded",
      reason: "EngineCompleted",
      message: "own runs chart version 1.3.0 and changed values",
    });
    expect(await specOf("own")).toMatchObject({
      chart: { version: "1.3.0" },
      values: { inline: { size: "big" } },
    });
    expect((await shop.releaseSpec("own"))["values"]).toEqual({ size: "big" });
    expect(course.outputs).toMatchObject({ fromRevision: 1, toRevision: 2 });
    expect(writes).toEqual(["patch ApplicationInstance own"]);
  }, 90_000);

  it("is written once though the agent is killed right after it", async () => {
    await shop.ready("killed");
    const first = await start("killed", { targetVersion: "1.3.0" }, 1);
    await expect(first.course.settle()).rejects.toThrow(Killed);
    const { course, writes } = await start("killed", {
      targetVersion: "1.3.0",
    });
    course.outputs = first.course.outputs;
    expect((await untilOver(course)).state).toBe("succeeded");
    expect(writes).toEqual([]);
  }, 90_000);

  it("goes back to the version of an earlier revision", async () => {
    await shop.ready("back");
    await shop.ready("back", { chart: { ...CHART, version: "1.3.0" } });
    const { course } = await start("back", { rollbackTo: 1 });
    const verdict = await untilOver(course);
    expect(verdict).toMatchObject({ state: "succeeded" });
    expect(verdict.message).toContain("whose values don't come back");
    expect((await specOf("back")).chart.version).toBe("1.2.3");
    expect(course.outputs).toMatchObject({ fromRevision: 2, toRevision: 3 });
  }, 90_000);

  it("to a revision that the history doesn't hold writes nothing", async () => {
    await shop.ready("forgotten");
    const { course, writes } = await start("forgotten", { rollbackTo: 7 });
    expect(await course.settle()).toMatchObject({
      state: "failed",
      reason: "PreconditionFailed",
      message:
        "The release of forgotten has no revision 7 in its history: there are 1",
    });
    expect(writes).toEqual([]);
  }, 90_000);

  it.each([
    ["stays failed", {}, "revision 2 with 1.3.0"],
    [
      "is rolled back",
      { policy: { rollbackOnFailure: true } },
      "was rolled back to 1.2.3",
    ],
  ])(
    "that fails and %s says so",
    async (_title, spec, words) => {
      const name = `failing-${words.length}`;
      await shop.ready(name, spec);
      shop.play(name, { doUpgradesFail: true });
      const { course, writes } = await start(name, { targetVersion: "1.3.0" });
      const verdict = await untilOver(course);
      expect(verdict).toMatchObject({
        state: "failed",
        reason: "EngineFailed",
      });
      expect(verdict.message).toContain(words);
      expect(course.outputs).toMatchObject({ fromRevision: 1 });
      expect(writes).toHaveLength(1);
    },
    90_000,
  );

  it("mends a release that failed before", async () => {
    await shop.ready("mended");
    shop.play("mended", { doUpgradesFail: true });
    await shop.apply("mended", { chart: { ...CHART, version: "1.3.0" } });
    await shop.becomes("mended", "Ready False HelmReleaseFailed");
    shop.play("mended", {});
    const { course } = await start("mended", { targetVersion: "1.3.1" });
    expect((await untilOver(course)).state).toBe("succeeded");
  }, 90_000);

  it("of a suspended instance waits, and says for what", async () => {
    await shop.ready("held");
    await shop.apply("held", { suspend: true });
    await shop.becomes("held", "Suspended True ManuallySuspended");
    const { course } = await start("held", {
      valuesPatch: { replicas: 2 },
    });
    await untilSaid(course, "spec.suspend holds changes back");
    await shop.edit(shop.ref(APPLICATION_INSTANCE, "held"), {
      spec: { suspend: false },
    });
    expect((await untilOver(course)).state).toBe("succeeded");
  }, 90_000);

  it("that somebody overrides fails", async () => {
    await shop.ready("overridden");
    shop.play("overridden", { chart: "unreachable" });
    const { course, writes } = await start("overridden", {
      targetVersion: "1.3.0",
    });
    await untilSaid(course, "ChartUnreachable");
    await shop.apply("overridden", { chart: { ...CHART, version: "1.4.0" } });
    const verdict = await untilOver(course);
    expect(verdict.state).toBe("failed");
    expect(verdict.message).toContain("its chart version is 1.4.0");
    expect(writes).toHaveLength(1);
  }, 90_000);

  it("that is cancelled leaves the instance what it was given", async () => {
    await shop.ready("cancelled");
    const { course, writes } = await start("cancelled", {
      targetVersion: "1.3.0",
    });
    expect(await course.end()).toEqual({ state: "ended" });
    await course.pass();
    const { message } = await course.end();
    expect(message).toContain("keeps chart version 1.3.0");
    expect(writes).toHaveLength(1);
  }, 90_000);

  it("of an instance that is deleted fails", async () => {
    await shop.ready("going");
    const { course } = await start("going", { targetVersion: "1.3.0" });
    await shop.delete("going");
    await shop.isGone("going");
    expect(await course.settle()).toMatchObject({
      state: "failed",
      reason: "EngineFailed",
      message: "ApplicationInstance going is gone",
    });
  }, 90_000);
});

describe("An upgrade of an instance that a control plane manages", () => {
  /** As a job of the control plane brings it. */
  async function issue(generation: number, version: string): Promise<void> {
    const spec = { chart: { ...CHART, version } };
    const manifest = instanceManifest(shop.namespace, "managed", spec);
    const annotations = {
      [ANNOTATIONS.intentGeneration]: String(generation),
    };
    await bench.agentApi.apply<KubeObject>(
      { ...manifest, metadata: { ...manifest.metadata, annotations } },
      { fieldManager: FIELD_MANAGERS.agent, force: true },
    );
  }

  it("is asked for in the outputs, and done when the control plane has issued it", async () => {
    await issue(1, "1.2.3");
    await shop.becomes("managed", "Ready True HelmReleaseReady");
    const { course, writes } = await start("managed", {
      targetVersion: "1.3.0",
    });
    await untilSaid(course, "waiting for the control plane");
    expect(course.outputs).toMatchObject({
      requested: { targetVersion: "1.3.0" },
      fromRevision: 1,
    });
    await issue(2, "1.3.0");
    expect((await untilOver(course)).state).toBe("succeeded");
    expect(course.outputs).toMatchObject({ toRevision: 2 });
    expect(writes).toEqual([]);
  }, 90_000);
});
