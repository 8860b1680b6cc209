import { keyOf, type KubeObject } from "@vworkspace/kube";
import {
  APPLICATION_INSTANCE,
  LABELS,
  OPERATION,
  type Operation,
  OPERATION_RUNNER_SERVICE_ACCOUNT,
  type OperationSpec,
} from "@vworkspace/resources";
import { applyDefinitions } from "../../../../../test/cluster/install-crds";
import { eventually } from "../../../../../test/cluster/eventually";
import { JOB } from "../../engines/job-run/job-run";
import { VOLUME_SNAPSHOT } from "../../engines/snapshot/snapshot-objects";
import { AgentBench, type RunningAgent } from "../../testing/agent-bench";
import { conditionOf } from "../../testing/instance-manifest";
import { endedPod, JobPlay } from "../../testing/job-play";
import { upstreamDefinition } from "../../testing/upstream-definition";

const PERSON = { fieldManager: "person" };
const TIDY = {
  type: "RunCommand",
  engine: "job",
  parameters: { image: "tools:1", command: ["tidy"] },
} as const;

/** A whole agent under its roles; the controllers of what its engines make are played here. */
describe("An agent that is asked for operations", () => {
  let bench: AgentBench;
  let agent: RunningAgent;
  let namespace: string;

  beforeAll(async () => {
    bench = await AgentBench.open();
    agent = await bench.startAgent();
  }, 600_000);

  beforeEach(async () => {
    namespace = await bench.optedIn("operations");
    await apply({
      apiVersion: "v1",
      kind: "ServiceAccount",
      metadata: { name: OPERATION_RUNNER_SERVICE_ACCOUNT, namespace },
    });
    await apply({
      ...APPLICATION_INSTANCE,
      metadata: {
        name: "web",
        namespace,
        annotations: {
          "ops.vworkspace.io/run-command": "job",
          "ops.vworkspace.io/backup": "snapshot",
        },
      },
      spec: { appRef: { catalogId: "web" }, mode: "placeholder" },
    });
  });

  afterAll(async () => {
    await agent?.stop();
    await bench?.stop();
  });

  const apply = (object: KubeObject) => bench.api.apply(object, PERSON);

  const ask = (name: string, spec: Omit<OperationSpec, "targetRef">) =>
    apply({
      ...OPERATION,
      metadata: { name, namespace },
      spec: { targetRef: { ...APPLICATION_INSTANCE, name: "web" }, ...spec },
    });

  const read = (name: string) =>
    bench.api.get<KubeObject>({ ...OPERATION, namespace, name });

  async function saying(name: string, said: string): Promise<Operation> {
    let last: readonly string[] = [];
    return eventually<Operation>(
      `${name} says ${said}`,
      async () => {
        const operation = (await read(name)) as Operation | undefined;
        last = (operation?.status?.conditions ?? []).map(
          ({ type, status, reason }) => `${type}/${status} ${reason}`,
        );
        return last.includes(said) && operation;
      },
      60_000,
    ).catch((error: unknown) => {
      throw new Error(`${String(error)} It said ${last.join(", ")}.`);
    });
  }

  const made = async () => {
    const jobs = await bench.api.list<KubeObject>(JOB, { namespace });
    return jobs.filter(
      ({ metadata }) => metadata.labels?.[LABELS.operation] !== undefined,
    );
  };

  /** The pod of the job there is ends well, and the Job controller sees it. */
  async function finish(): Promise<void> {
    const jobs = new JobPlay(bench.api, namespace, bench.cluster.target);
    const job = await jobs.until("there is a job", async () => {
      const [one] = await made();
      return one;
    });
    const uid = job.metadata.labels?.[LABELS.operation] ?? "";
    await jobs.playPod(uid, endedPod("main", 0));
    await jobs.until("the job is complete", async () => {
      const [one] = await made();
      return conditionOf(one, "Complete")?.status === "True";
    });
  }

  it("runs a command, one job for it, and lets it be deleted with what it made", async () => {
    await ask("tidy", TIDY);
    await saying("tidy", "Running/True EngineStarted");
    await finish();
    const done = await saying("tidy", "Succeeded/True JobSucceeded");
    expect(done.status).toMatchObject({
      phase: "Succeeded",
      outputs: { exitCode: 0 },
    });
    expect(await made()).toHaveLength(1);
    await bench.api.delete({ ...OPERATION, namespace, name: "tidy" });
    await eventually(
      "nothing is left",
      async () =>
        !(await read("tidy")) && bench.cluster.target === "kube-apiserver"
          ? true
          : (await made()).length === 0,
      60_000,
    );
  });

  it("stops what is cancelled, and what is deleted under way", async () => {
    await ask("cancelled", TIDY);
    await saying("cancelled", "Running/True EngineStarted");
    await eventually("there is a job", async () => (await made()).length === 1);
    await ask("cancelled", { ...TIDY, cancel: true });
    await saying("cancelled", "Cancelled/True UserCancelled");
    expect((await made()).map(keyOf)).toEqual([]);
    await ask("deleted", TIDY);
    await saying("deleted", "Running/True EngineStarted");
    await eventually("there is a job", async () => (await made()).length === 1);
    await bench.api.delete({ ...OPERATION, namespace, name: "deleted" });
    await eventually(
      "it is gone",
      async () => !(await read("deleted")),
      60_000,
    );
    expect(await made()).toEqual([]);
  });

  it("waits for its target, and for a controller, and begins when they are there", async () => {
    await apply({
      ...OPERATION,
      metadata: { name: "early", namespace },
      spec: {
        ...TIDY,
        targetRef: { ...APPLICATION_INSTANCE, name: "later" },
      },
    });
    await saying("early", "Accepted/False TargetNotFound");
    await apply({
      ...APPLICATION_INSTANCE,
      metadata: {
        name: "later",
        namespace,
        annotations: { "ops.vworkspace.io/run-command": "job" },
      },
      spec: { appRef: { catalogId: "web" }, mode: "placeholder" },
    });
    await saying("early", "Running/True EngineStarted");
    await ask("backup", {
      type: "Backup",
      engine: "snapshot",
      parameters: { pvc: "data" },
    });
    await saying("backup", "Blocked/True DependencyMissing");
    await applyDefinitions(bench.cluster.kubeconfigPath, [
      upstreamDefinition([
        "snapshot.storage.k8s.io",
        "v1",
        "VolumeSnapshot",
        "volumesnapshots",
      ]),
    ]);
    await apply({
      apiVersion: "v1",
      kind: "PersistentVolumeClaim",
      metadata: { name: "data", namespace },
      spec: {
        accessModes: ["ReadWriteOnce"],
        resources: { requests: { storage: "1Gi" } },
      },
    });
    await saying("backup", "Running/True EngineStarted");
    const snapshots = await bench.api.list<KubeObject>(VOLUME_SNAPSHOT, {
      namespace,
    });
    expect(snapshots).toHaveLength(1);
  }, 180_000);
});
