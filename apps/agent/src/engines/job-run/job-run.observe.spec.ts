import { KubeError, type KubeObject, type ObjectRef } from "@vworkspace/kube";
import { engineRun } from "../../testing/engine-run";
import { KeptPodLogs } from "../../testing/kept-pod-logs";
import { MemoryKubeApi } from "../../testing/memory-kube-api";
import { engineLabels } from "../engine-objects";
import { POD } from "../../watches/watched-kinds";
import { JOB, type PodSpec } from "./job-run";
import { JobRunReader } from "./job-run.observe";

const namespace = "shop";
const RUN = engineRun({
  engine: "job",
  type: "RunCommand",
  parameters: { image: "tools:1" },
});
const labels = engineLabels(RUN);

/** Some Secrets may be kept from the agent. */
class GuardedApi extends MemoryKubeApi {
  forbidden = "";

  override get<T extends KubeObject>(ref: ObjectRef): Promise<T | undefined> {
    if (ref.name !== this.forbidden) return super.get(ref);
    const details = { status: 403, reason: "Forbidden" };
    return Promise.reject(new KubeError("no", details));
  }
}

let api: GuardedApi;
let logs: KeptPodLogs;

beforeEach(() => {
  api = new GuardedApi();
  logs = new KeptPodLogs().write("main", "login hunter2\nfailed");
});

const read = (readLogs = true) =>
  new JobRunReader({ api, logs }, { readLogs }).read(RUN);

function putJob(spec: PodSpec): void {
  api.put({
    ...JOB,
    metadata: { name: "op-u-op", namespace, labels },
    spec: { template: { spec } },
  });
}

function putPod(name: string, owner: string, exitCode: number): void {
  api.put({
    ...POD,
    metadata: {
      name,
      namespace,
      labels,
      ownerReferences: [{ ...JOB, name: owner, uid: "j" }],
    },
    status: {
      phase: "Failed",
      containerStatuses: [
        { name: "main", state: { terminated: { exitCode } } },
      ],
    },
  });
}

function putSecret(name: string, value: string): void {
  api.put({
    apiVersion: "v1",
    kind: "Secret",
    metadata: { name, namespace },
    data: { key: Buffer.from(value).toString("base64") },
  });
}

const FROM_ENVIRONMENT = {
  containers: [
    {
      name: "main",
      env: [
        { name: "A", valueFrom: { secretKeyRef: { name: "db" } } },
        { name: "B", value: "plain" },
      ],
    },
  ],
};

describe("What is seen of a Job", () => {
  it("are its pods and nobody else's", async () => {
    putJob({});
    putPod("mine", "op-u-op", 1);
    putPod("other", "another-job", 1);
    const { pods, job } = await read();
    expect(job?.metadata.name).toBe("op-u-op");
    expect(pods.map(({ metadata }) => metadata.name)).toEqual(["mine"]);
  });

  it.each<[string, PodSpec]>([
    ["a variable", FROM_ENVIRONMENT],
    [
      "all variables of a container that comes first",
      {
        initContainers: [
          { name: "first", envFrom: [{ secretRef: { name: "db" } }, {}] },
        ],
      },
    ],
    ["a volume", { volumes: [{ secret: { secretName: "db" } }, {}] }],
    [
      "a projected volume",
      {
        volumes: [{ projected: { sources: [{ secret: { name: "db" } }, {}] } }],
      },
    ],
  ])("shows no value of a Secret that comes by %s", async (_, spec) => {
    putJob(spec);
    putPod("mine", "op-u-op", 3);
    putSecret("db", "hunter2");
    expect((await read()).log).toBe("login ***\nfailed");
    expect(logs.asked).toEqual(["shop/mine/main"]);
  });

  it("shows no lines where it isn't to", async () => {
    putJob({});
    putPod("mine", "op-u-op", 3);
    expect(await read(false)).not.toHaveProperty("log");
    expect(logs.asked).toEqual([]);
  });

  it("shows no lines where nothing failed", async () => {
    putJob({});
    putPod("mine", "op-u-op", 0);
    expect(await read()).not.toHaveProperty("log");
  });

  it.each(["missing", "forbidden"])(
    "shows no lines where a Secret is %s: it could not be masked",
    async (how) => {
      putJob(FROM_ENVIRONMENT);
      putPod("mine", "op-u-op", 3);
      if (how === "forbidden") api.forbidden = "db";
      expect(await read()).not.toHaveProperty("log");
    },
  );

  it("shows the end of a long log, without the secrets in it", async () => {
    logs.write("main", `hunter2 ${"x".repeat(3000)}end`);
    putJob(FROM_ENVIRONMENT);
    putPod("mine", "op-u-op", 3);
    putSecret("db", "hunter2");
    const { log = "" } = await read();
    expect(log).toHaveLength(2000);
    expect(log).toMatch(/xend$/);
  });
});
