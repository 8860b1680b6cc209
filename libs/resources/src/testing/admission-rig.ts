import { mkdtemp, rm } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { eventually } from "../../../../test/cluster/eventually";
import {
  applyDefinitions,
  installCrds,
} from "../../../../test/cluster/install-crds";
import { KubeHttp, type KubeAnswer } from "../../../../test/cluster/kube-http";
import {
  readKubeconfig,
  writeKubeconfig,
} from "../../../../test/cluster/kubeconfig-file";
import { newNamespace } from "../../../../test/cluster/new-namespace";
import { openCluster } from "../../../../test/cluster/open-cluster";
import { repositoryRoot } from "../../../../test/cluster/repository-root";
import { admissionPolicies } from "../admission/admission-policies";
import { ADMISSION_USERS, LABELS, NAMESPACE_OPT_IN_VALUE } from "../names";
import { FOREIGN_DEFINITIONS } from "./foreign-definitions";

export type Who = "admin" | "agent" | "controlPlane" | "anna";

/** One request, as a dry run: admission is asked and nothing is stored. */
export interface Attempt {
  readonly who: Who;
  readonly method: "POST" | "PUT" | "PATCH" | "DELETE";
  readonly path: string;
  /** Of a PATCH, a merge patch. */
  readonly body?: unknown;
}

/** The namespaces of one run. */
export interface Places {
  /** Has opted in. */
  readonly open: string;
  /** Has not. */
  readonly closed: string;
}

const POLICIES = "/apis/admissionregistration.k8s.io/v1";
const BINDINGS = "/apis/rbac.authorization.k8s.io/v1/clusterrolebindings";
const CONTROL_PLANE_ACCOUNT = "vworkspace-control-plane";
const MERGE_PATCH = "application/merge-patch+json";

/** A real API server with our CRDs, a kind of releases, and four people who may do everything as far as RBAC is concerned. */
export class AdmissionRig {
  private constructor(
    readonly places: Places,
    readonly adminKubeconfigPath: string,
    private readonly people: Readonly<Record<Who, KubeHttp>>,
    readonly stop: () => Promise<void>,
  ) {}

  static async open(): Promise<AdmissionRig> {
    // Our policies and the foreign kinds are nothing that another file's agents expect.
    const cluster = await openCluster({ isOwn: true });
    const { kubeconfigPath, agentKubeconfigPath } = cluster;
    if (agentKubeconfigPath === undefined)
      throw new Error(`There is no agent.kubeconfig beside ${kubeconfigPath}.`);
    await installCrds(kubeconfigPath, join(repositoryRoot(), "deploy", "crds"));
    await applyDefinitions(kubeconfigPath, FOREIGN_DEFINITIONS);
    const admin = new KubeHttp(kubeconfigPath);
    const places = {
      open: await newNamespace(kubeconfigPath, "admission-open", {
        [LABELS.namespaceOptIn]: NAMESPACE_OPT_IN_VALUE,
      }),
      closed: await newNamespace(kubeconfigPath, "admission-closed"),
    };
    const directory = await mkdtemp(join(tmpdir(), "vworkspace-admission-"));
    const account = (namespace: string, name: string) =>
      serviceAccount(admin, { kubeconfigPath, directory, namespace, name });
    await ensureNamespace(admin, ADMISSION_USERS.agentNamespace);
    const people = {
      admin,
      agent: new KubeHttp(agentKubeconfigPath),
      controlPlane: await account(
        ADMISSION_USERS.agentNamespace,
        CONTROL_PLANE_ACCOUNT,
      ),
      anna: await account(places.closed, "anna"),
    };
    await grantEverything(admin, places);
    return new AdmissionRig(places, kubeconfigPath, people, async () => {
      for (const http of Object.values(people)) await http.close();
      await rm(directory, { recursive: true, force: true });
      await cluster.stop();
    });
  }

  /** @throws Error with the server's words when it stores one not */
  async applyPolicies(): Promise<void> {
    for (const { path, manifest } of policyObjects()) {
      const answer = await this.people.admin.apply(path, "spec", manifest);
      expectStored(answer);
    }
  }

  /** Waits until the policy answers: the server takes policies up about a second after it stored them. */
  async untilDenied(policy: string, attempt: Attempt): Promise<void> {
    await eventually(`${policy} is effective`, async () => {
      const { message = "" } = (await this.dryRun(attempt)).body;
      return message.includes(`'${policy}'`);
    });
  }

  dryRun(attempt: Attempt): Promise<KubeAnswer> {
    const separator = attempt.path.includes("?") ? "&" : "?";
    return this.send({
      ...attempt,
      path: `${attempt.path}${separator}dryRun=All`,
    });
  }

  /** As dryRun, and it is stored. */
  send({ who, method, path, body }: Attempt): Promise<KubeAnswer> {
    const type = method === "PATCH" ? MERGE_PATCH : "application/json";
    return this.people[who].send(method, path, body, type);
  }

  /** @throws Error with the server's words when it is refused */
  async store(attempt: Attempt): Promise<void> {
    expectStored(await this.send(attempt));
  }
}

function policyObjects() {
  return admissionPolicies().flatMap(({ manifests }) =>
    manifests.map((manifest) => {
      const plural =
        manifest.kind === "ValidatingAdmissionPolicy"
          ? "validatingadmissionpolicies"
          : "validatingadmissionpolicybindings";
      const path = `${POLICIES}/${plural}/${manifest.metadata.name}`;
      return { path, manifest };
    }),
  );
}

function expectStored({ code, body }: KubeAnswer): void {
  if (code >= 300) throw new Error(`${code}: ${body.message ?? ""}`);
}

async function ensureNamespace(admin: KubeHttp, name: string): Promise<void> {
  const manifest = { apiVersion: "v1", kind: "Namespace", metadata: { name } };
  expectStored(
    await admin.apply(`/api/v1/namespaces/${name}`, "spec", manifest),
  );
}

interface Account {
  readonly kubeconfigPath: string;
  readonly directory: string;
  readonly namespace: string;
  readonly name: string;
}

async function serviceAccount(
  admin: KubeHttp,
  { kubeconfigPath, directory, namespace, name }: Account,
): Promise<KubeHttp> {
  const path = `/api/v1/namespaces/${namespace}/serviceaccounts/${name}`;
  const metadata = { name, namespace };
  const manifest = { apiVersion: "v1", kind: "ServiceAccount", metadata };
  expectStored(await admin.apply(path, "spec", manifest));
  const answer = await admin.post(`${path}/token`, { spec: {} });
  expectStored(answer);
  const { token } = answer.body.status as { token: string };
  const file = join(directory, `${name}.kubeconfig`);
  writeKubeconfig(file, { ...readKubeconfig(kubeconfigPath), token });
  return new KubeHttp(file);
}

const grantName = ({ open }: Places): string => `${open}-everything`;

/** So that it is the policies which refuse, and not RBAC. */
async function grantEverything(admin: KubeHttp, places: Places) {
  const apiGroup = "rbac.authorization.k8s.io";
  const user = (name: string) => ({ apiGroup, kind: "User", name });
  const answer = await admin.post(BINDINGS, {
    apiVersion: `${apiGroup}/v1`,
    kind: "ClusterRoleBinding",
    metadata: { name: grantName(places) },
    roleRef: { apiGroup, kind: "ClusterRole", name: "cluster-admin" },
    subjects: [
      user(ADMISSION_USERS.agent),
      user(ADMISSION_USERS.controlPlane),
      user(`system:serviceaccount:${places.closed}:anna`),
    ],
  });
  expectStored(answer);
}
