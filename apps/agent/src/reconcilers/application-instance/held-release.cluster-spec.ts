import { eventually } from "../../../../../test/cluster/eventually";
import { AgentBench, type RunningAgent } from "../../testing/agent-bench";
import { engineRun } from "../../testing/engine-run";
import { InstanceCourses } from "../../testing/instance-courses";
import { EngineActions } from "../../engines/engine-actions";
import { HELM_RELEASE } from "../../watches/watched-kinds";

let bench: AgentBench;
let agent: RunningAgent;
let shop: InstanceCourses;

beforeAll(async () => {
  bench = await AgentBench.open(process.env["VWORKSPACE_TEST_LOG_LEVEL"]);
  await bench.installFlux();
  agent = await bench.startAgent();
  shop = new InstanceCourses(bench, await bench.optedIn("held"));
}, 600_000);

afterAll(async () => {
  await agent?.stop();
  await bench?.stop();
});

/** As an engine does it: under the agent's name, and as one write. */
async function hold(name: string, uid: string | null): Promise<void> {
  const release = await shop.get(HELM_RELEASE, name);
  if (release === undefined) throw new Error("There is no release.");
  const patch = {
    metadata: { annotations: { "ops.vworkspace.io/held-by": uid } },
    spec: { suspend: uid !== null },
  };
  await new EngineActions(bench.api).perform(
    { do: "patch", object: release, patch },
    engineRun({ type: "Restore", engine: "snapshot" }).operation,
  );
}

describe.each(["warn", "enabled"])("With drift mode %s", (mode) => {
  it("a release that an operation holds stays suspended until it lets go, and can be suspended by hand after", async () => {
    const name = `web-${mode}`;
    const spec = { drift: { mode } };
    await shop.ready(name, spec);
    await hold(name, "u-op");
    await shop.becomes(name, "Suspended True HeldByOperation");
    const values = { source: "inline", inline: { replicas: 5 } };
    await shop.apply(name, { ...spec, values });
    await shop.becomes(name, "Suspended True HeldByOperation");
    expect(await shop.releaseSpec(name)).toMatchObject({
      suspend: true,
      values: { replicas: 1 },
    });
    await hold(name, null);
    await shop.becomes(name, "Suspended False Active");
    await eventually("the change that waited is written", async () => {
      const written = await shop.releaseSpec(name);
      return (written["values"] as { replicas: number }).replicas === 5;
    });
    await shop.becomes(name, "Ready True HelmReleaseReady");
    expect((await shop.releaseSpec(name))["suspend"]).toBe(false);
    await shop.apply(name, { ...spec, values, suspend: true });
    await shop.becomes(name, "Suspended True ManuallySuspended");
    expect((await shop.releaseSpec(name))["suspend"]).toBe(true);
  });
});
