import { execFile } from "node:child_process";
import { readFileSync } from "node:fs";
import { copyFile, mkdtemp, rm, symlink, writeFile } from "node:fs/promises";
import { tmpdir } from "node:os";
import { delimiter, dirname, join } from "node:path";
import { promisify } from "node:util";
import { eventually } from "../../../test/cluster/eventually";
import { kubeAssetsDirectory } from "../../../test/cluster/kube-apiserver";
import { KubeHttp } from "../../../test/cluster/kube-http";
import {
  openCluster,
  type OpenedCluster,
  testedCluster,
} from "../../../test/cluster/open-cluster";
import { repositoryRoot } from "../../../test/cluster/repository-root";
import { instanceManifest } from "./testing/instance-manifest";

const run = promisify(execFile);
const ROOT = repositoryRoot();
const INSTANCES = "/apis/apps.vworkspace.io/v1alpha1";
const CLUSTERS = "/apis/ops.vworkspace.io/v1alpha1/clusters";
const RBAC = "/apis/rbac.authorization.k8s.io/v1";

/** The blocks of shell commands in one section of docs/agent.md. */
function commandsOf(section: string): readonly string[] {
  const text = readFileSync(join(ROOT, "docs", "agent.md"), "utf8");
  const [, after = ""] = text.split(`\n## ${section}\n`);
  const [body = ""] = after.split("\n## ");
  return [...body.matchAll(/^ *```sh\n(.*?)^ *```$/gms)].map(
    ([, block = ""]) => block,
  );
}

const SECTIONS = [
  "Install",
  "Namespaces opt in",
  "Look",
  "A week without the gateway",
  "Upgrade",
  "Leave",
];

describe("docs/agent.md", () => {
  it.each(SECTIONS)("has commands under %s", (section) => {
    expect(commandsOf(section).length).toBeGreaterThan(0);
  });
});

/** kubectl wants more of an API server than the simulated one has. */
if (testedCluster() !== "simulator")
  describe("The commands of docs/agent.md, as they stand there", () => {
    let cluster: OpenedCluster;
    let directory: string;
    let admin: KubeHttp;
    let agent: KubeHttp;
    let path: string;

    beforeAll(async () => {
      cluster = await openCluster({ isOwn: true });
      admin = new KubeHttp(cluster.kubeconfigPath);
      agent = new KubeHttp(cluster.agentKubeconfigPath ?? "");
      const assets = (await kubeAssetsDirectory()) ?? "";
      path = [assets, dirname(process.execPath), process.env["PATH"]].join(
        delimiter,
      );
      directory = await mkdtemp(join(tmpdir(), "vworkspace-docs-"));
      await symlink(join(ROOT, "deploy"), join(directory, "deploy"));
      await writeFile(join(directory, "registration-token"), "a-token\n");
      const bundle = join(ROOT, "tools", "bundle-agent.mjs");
      await run(process.execPath, [bundle, "--built"], { cwd: ROOT });
      const file = join("dist", "agent.cjs");
      await copyFile(join(ROOT, file), join(directory, "agent.cjs"));
    }, 600_000);

    afterAll(async () => {
      await admin.delete("/api/v1/namespaces/shop");
      await admin.close();
      await agent.close();
      await rm(directory, { recursive: true, force: true });
      await cluster.stop();
    });

    async function says(command: string): Promise<string> {
      const { stdout } = await run(
        "bash",
        ["-euo", "pipefail", "-c", command],
        {
          cwd: directory,
          env: {
            PATH: path,
            HOME: directory,
            KUBECONFIG: cluster.kubeconfigPath,
          },
        },
      );
      return stdout;
    }

    async function follow(section: string): Promise<void> {
      for (const block of commandsOf(section)) await says(block);
    }

    /** What there is after a while of work: an application, which nobody but the agent may let go, and the agent's own object. */
    async function liveThere(): Promise<void> {
      const metadata = { name: "web", namespace: "shop" };
      const finalizers = ["apps.vworkspace.io/uninstall"];
      await says("kubectl create namespace shop || true");
      await follow("Namespaces opt in");
      await optInAgain();
      const instance = {
        ...instanceManifest("shop", "web"),
        metadata: { ...metadata, finalizers },
      };
      await stored(
        admin.post(
          `${INSTANCES}/namespaces/shop/applicationinstances`,
          instance,
        ),
      );
      await stored(
        admin.post(CLUSTERS, {
          apiVersion: "ops.vworkspace.io/v1alpha1",
          kind: "Cluster",
          metadata: {
            name: "this-cluster",
            finalizers: ["ops.vworkspace.io/cluster-cleanup"],
          },
          spec: {},
        }),
      );
    }

    /** The section ends with taking the namespace out again; its service account stays. */
    async function optInAgain(): Promise<void> {
      const [first = ""] = commandsOf("Namespaces opt in");
      const [label = "", ...rest] = first.trim().split("\n");
      const [binding = ""] = rest.slice(-1);
      await says(`${label}\n${binding}`);
    }

    async function expectNothingLeft(): Promise<void> {
      for (const gone of [
        INSTANCES,
        `${RBAC}/clusterroles/vworkspace-agent`,
        `${RBAC}/clusterroles/vworkspace-agent-namespace`,
        `${RBAC}/clusterrolebindings/vworkspace-agent`,
        `${RBAC}/namespaces/shop/rolebindings/vworkspace-agent`,
        "/apis/admissionregistration.k8s.io/v1/validatingadmissionpolicies/agent-bindings.vworkspace.io",
        "/api/v1/namespaces/vworkspace-system",
      ])
        await eventually(
          `${gone} is gone`,
          async () => (await admin.get(gone)).code === 404,
        );
      const account = await admin.get(
        "/api/v1/namespaces/shop/serviceaccounts/vworkspace-release",
      );
      expect(account.code).toBe(200);
    }

    it("install an agent with the rights that it needs, and no more", async () => {
      await follow("Install");
      await eventually(
        "the agent may watch",
        async () =>
          (await agent.get(`${INSTANCES}/applicationinstances`)).code === 200,
      );
      expect((await agent.get("/api/v1/secrets")).code).toBe(403);
      const { body } = await admin.get(
        "/apis/apps/v1/namespaces/vworkspace-system/deployments/vworkspace-agent",
      );
      expect(body.spec).toMatchObject({ replicas: 2 });
    });

    it("open a namespace, show what is there, and suspend", async () => {
      await liveThere();
      await eventually(
        "the agent may read values there",
        async () =>
          (await agent.get("/api/v1/namespaces/shop/secrets")).code === 200,
      );
      await follow("Look");
      await follow("A week without the gateway");
      const { body } = await admin.get(
        `${INSTANCES}/namespaces/shop/applicationinstances/web`,
      );
      expect(body.spec).toMatchObject({ suspend: true });
    });

    it("upgrade in the order given", () => follow("Upgrade"), 120_000);

    it.each([
      ["our program", 0],
      ["kubectl alone", 1],
    ] as const)(
      "leave by %s, without touching what runs",
      async (_title, index) => {
        if (index > 0) {
          await follow("Install");
          await says("kubectl delete namespace shop --wait");
          await liveThere();
        }
        await says(commandsOf("Leave")[index] ?? "");
        await expectNothingLeft();
      },
      240_000,
    );
  });

async function stored(
  answer: Promise<{ code: number; body: { message?: string } }>,
): Promise<void> {
  const { code, body } = await answer;
  if (code >= 300) throw new Error(body.message ?? String(code));
}
