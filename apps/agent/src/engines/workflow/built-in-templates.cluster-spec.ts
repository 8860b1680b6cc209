import { newId } from "@vworkspace/kernel";
import { readFileSync } from "node:fs";
import { join } from "node:path";
import type { KubeObject } from "@vworkspace/kube";
import { parse, parseAllDocuments } from "yaml";
import { repositoryRoot } from "../../../../../test/cluster/repository-root";
import { ArgoBench } from "../../testing/argo-bench";
import { EngineCourse } from "../../testing/engine-course";
import { WorkflowEngine } from "./workflow.engine";

const DIRECTORY = join(repositoryRoot(), "deploy", "workflows");
const read = (file: string) => readFileSync(join(DIRECTORY, file), "utf8");

let bench: ArgoBench;

beforeAll(async () => {
  bench = await ArgoBench.open();
  await bench.enterNamespace("other", []);
}, 1_200_000);

afterAll(() => bench?.close());

const here = (object: KubeObject): KubeObject => ({
  ...object,
  metadata: { ...object.metadata, namespace: bench.namespace },
});

describe("The built-in templates, on an API server with Argo's kinds", () => {
  it.each<[string, Record<string, string>]>([
    [
      "safe-upgrade",
      {
        instance: "web",
        targetVersion: "1.2.3",
        pvc: "data",
        volumeSnapshotClassName: "csi",
        checkHook: "web-check",
      },
    ],
  ])("are accepted, and run by an operation: %s", async (file, parameters) => {
    const template = here(parse(read(`${file}.yaml`)) as KubeObject);
    const admin = { fieldManager: "admin" };
    await bench.api.apply(template, { ...admin, dryRun: true });
    // A POST refuses fields that the kind has not.
    await bench.api.create(template, admin);
    const uid = newId();
    const course = new EngineCourse(
      new WorkflowEngine({ api: bench.engineApi }),
      {
        api: bench.engineApi,
        namespace: bench.namespace,
        uid,
        spec: {
          engine: "workflow",
          type: "Runbook",
          parameters: {
            template: template.metadata.name,
            templateParameters: parameters,
          },
        },
      },
    );
    expect(await course.settle()).toMatchObject({ state: "working" });
    expect(await bench.workflowOf(uid)).toBeDefined();
  });

  it("come with the rights that their steps need", async () => {
    const manifests = [
      ...parseAllDocuments(read("runner.yaml")),
      ...parseAllDocuments(read("scratch-namespace.yaml")),
    ].map((document) => document.toJS() as KubeObject);
    for (const manifest of manifests) {
      const options = { fieldManager: "admin", force: true, dryRun: true };
      const object =
        manifest.kind === "ClusterRole" ? manifest : here(manifest);
      expect(await bench.api.apply(object, options)).toMatchObject({
        kind: manifest.kind,
      });
    }
  });
});
