import { randomBytes } from "node:crypto";
import { eventually } from "./eventually";
import { AGENT_GROUPS, AGENT_USER } from "./kube-apiserver";
import { KubeHttp } from "./kube-http";
import { newNamespace } from "./new-namespace";
import { openCluster, type OpenedCluster } from "./open-cluster";

const RBAC = "rbac.authorization.k8s.io";
const API = `/apis/${RBAC}/v1`;

/** RBAC as every cluster has it; AGENT_USER begins with no right at all. */
describe("RBAC", () => {
  let cluster: OpenedCluster;
  let admin: KubeHttp;
  let agent: KubeHttp;
  let namespace: string;
  /** The server is shared: names of this run. */
  const run = randomBytes(4).toString("hex");
  const clusterObjects: string[] = [];

  beforeAll(async () => {
    cluster = await openCluster();
    admin = new KubeHttp(cluster.kubeconfigPath);
    agent = new KubeHttp(cluster.agentKubeconfigPath ?? "");
    namespace = await newNamespace(cluster.kubeconfigPath, "rbac");
  }, 300_000);

  afterAll(async () => {
    for (const path of clusterObjects) await admin.delete(path);
    await admin.close();
    await agent.close();
    await cluster.stop();
  });

  const secrets = () => `/api/v1/namespaces/${namespace}/secrets`;
  const secret = (name: string) => ({
    apiVersion: "v1",
    kind: "Secret",
    metadata: { name },
  });

  /** A role with one rule, bound to the agent, in the namespace of this run or for the whole cluster. */
  async function grant(
    rule: object,
    options: { isClusterWide?: boolean; subject?: object } = {},
  ): Promise<void> {
    const { isClusterWide = false } = options;
    const name = `rbac-${run}-${randomBytes(3).toString("hex")}`;
    const root = isClusterWide ? API : `${API}/namespaces/${namespace}`;
    const [roles, bindings, kind] = isClusterWide
      ? ["clusterroles", "clusterrolebindings", "ClusterRole"]
      : ["roles", "rolebindings", "Role"];
    const subject = options.subject ?? {
      kind: "ServiceAccount",
      name: "vworkspace-agent",
      namespace: "vworkspace-system",
    };
    const base = { apiVersion: `${RBAC}/v1`, metadata: { name } };
    for (const [plural, body] of [
      [roles, { ...base, kind, rules: [rule] }],
      [
        bindings,
        {
          ...base,
          kind: `${kind}Binding`,
          roleRef: { apiGroup: RBAC, kind, name },
          subjects: [subject],
        },
      ],
    ] as const) {
      const { code, body: answer } = await admin.post(
        `${root}/${plural}`,
        body,
      );
      if (code !== 201) throw new Error(answer.message);
      if (isClusterWide) clusterObjects.push(`${root}/${plural}/${name}`);
    }
  }

  /** A server takes roles up a moment after it stored them. */
  const until = (what: string, ask: () => Promise<{ code: number }>) =>
    eventually(what, async () => (await ask()).code !== 403);

  it("lets everybody who has a token ask what is served, and nothing else", async () => {
    for (const path of ["/api", "/apis", "/api/v1", "/apis/apps/v1"])
      expect((await agent.get(path)).code).toBe(200);
    const { code, body } = await agent.get("/metrics");
    expect(code).toBe(403);
    expect(body.message).toBe(
      `forbidden: User "${AGENT_USER}" cannot get path "/metrics"`,
    );
  });

  it.each([
    [
      "a read in a namespace",
      () => agent.get(`${secrets()}/none`),
      () =>
        `secrets "none" is forbidden: User "${AGENT_USER}" cannot get resource "secrets" in API group "" in the namespace "${namespace}"`,
    ],
    [
      "a list over all namespaces",
      () => agent.get("/api/v1/secrets"),
      () =>
        `secrets is forbidden: User "${AGENT_USER}" cannot list resource "secrets" in API group "" at the cluster scope`,
    ],
    [
      "a watch of a group's resource",
      () => agent.get("/apis/apps/v1/deployments?watch=1"),
      () =>
        `deployments.apps is forbidden: User "${AGENT_USER}" cannot watch resource "deployments" in API group "apps" at the cluster scope`,
    ],
    [
      "a namespace",
      () => agent.get(`/api/v1/namespaces/${namespace}`),
      () =>
        `namespaces "${namespace}" is forbidden: User "${AGENT_USER}" cannot get resource "namespaces" in API group "" in the namespace "${namespace}"`,
    ],
    [
      "a subresource",
      () =>
        agent.merge(
          `/apis/apps/v1/namespaces/${namespace}/deployments/d/status`,
          {},
        ),
      () =>
        `deployments.apps "d" is forbidden: User "${AGENT_USER}" cannot patch resource "deployments/status" in API group "apps" in the namespace "${namespace}"`,
    ],
    [
      "the end of all objects at once",
      () => agent.delete(secrets()),
      () =>
        `secrets is forbidden: User "${AGENT_USER}" cannot deletecollection resource "secrets" in API group "" in the namespace "${namespace}"`,
    ],
  ])("refuses %s in the server's own words", async (_title, ask, message) => {
    const { code, body } = await ask();
    expect([code, body.reason, body.message]).toEqual([
      403,
      "Forbidden",
      message(),
    ]);
  });

  it("says in the details what was asked for", async () => {
    const { body } = await agent.get(
      `/apis/apps/v1/namespaces/${namespace}/deployments/d`,
    );
    expect(body.details).toEqual({
      name: "d",
      group: "apps",
      kind: "deployments",
    });
  });

  it("keeps a rule to the names it gives, for an apply that creates as well", async () => {
    await grant({
      apiGroups: [""],
      resources: ["secrets"],
      resourceNames: ["mine"],
      verbs: ["get", "patch", "create"],
    });
    const apply = (name: string) =>
      agent.apply(`${secrets()}/${name}`, "spec", secret(name));
    await until("the role counts", () => agent.get(`${secrets()}/mine`));
    expect((await apply("mine")).code).toBe(201);
    expect((await apply("mine")).code).toBe(200);
    expect((await apply("other")).code).toBe(403);
    expect((await agent.post(secrets(), secret("mine"))).code).toBe(403);
    expect((await agent.get(secrets())).code).toBe(403);
  });

  it("asks for create as well when an apply would create", async () => {
    const maps = `/api/v1/namespaces/${namespace}/configmaps`;
    const map = (name: string) => ({
      apiVersion: "v1",
      kind: "ConfigMap",
      metadata: { name },
    });
    await admin.post(maps, map("there"));
    await grant({
      apiGroups: [""],
      resources: ["configmaps"],
      verbs: ["patch"],
    });
    await until("the role counts", () =>
      agent.apply(`${maps}/there`, "spec", map("there")),
    );
    const { code, body } = await agent.apply(
      `${maps}/absent`,
      "spec",
      map("absent"),
    );
    expect(code).toBe(403);
    expect(body.message).toContain('cannot create resource "configmaps"');
  });

  it("takes a group and a user for a subject, and a ClusterRole for the whole cluster", async () => {
    await grant(
      { apiGroups: ["apps"], resources: ["deployments"], verbs: ["list"] },
      { isClusterWide: true, subject: subject("Group", AGENT_GROUPS[1] ?? "") },
    );
    await grant(
      { apiGroups: [""], resources: ["pods"], verbs: ["*"] },
      { subject: subject("User", AGENT_USER) },
    );
    await until("the group's role counts", () =>
      agent.get("/apis/apps/v1/deployments"),
    );
    await until("the user's role counts", () =>
      agent.get(`/api/v1/namespaces/${namespace}/pods`),
    );
    expect((await agent.get("/api/v1/pods")).code).toBe(403);
  });

  it("lets nobody bind a role that he may not bind", async () => {
    await grant({
      apiGroups: [RBAC],
      resources: ["rolebindings"],
      verbs: ["create", "patch"],
    });
    await grant(
      {
        apiGroups: [RBAC],
        resources: ["clusterroles"],
        resourceNames: [`rbac-bindable-${run}`],
        verbs: ["bind"],
      },
      { isClusterWide: true },
    );
    for (const name of [`rbac-bindable-${run}`, `rbac-other-${run}`]) {
      const rules = [{ apiGroups: [""], resources: ["nodes"], verbs: ["get"] }];
      const metadata = { name };
      await admin.post(`${API}/clusterroles`, {
        apiVersion: `${RBAC}/v1`,
        kind: "ClusterRole",
        metadata,
        rules,
      });
      clusterObjects.push(`${API}/clusterroles/${name}`);
    }
    const bind = (role: string) =>
      agent.apply(
        `${API}/namespaces/${namespace}/rolebindings/${role}`,
        "spec",
        {
          apiVersion: `${RBAC}/v1`,
          kind: "RoleBinding",
          metadata: { name: role },
          roleRef: { apiGroup: RBAC, kind: "ClusterRole", name: role },
          subjects: [subject("User", "anna")],
        },
      );
    await until("both roles count", () => bind(`rbac-bindable-${run}`));
    const { code, body } = await bind(`rbac-other-${run}`);
    expect(code).toBe(403);
    expect(body.message).toMatch(
      /^rolebindings.rbac.authorization.k8s.io "rbac-other-.*" is forbidden: user ".*" \(groups=\[.*\]\) is attempting to grant RBAC permissions not currently held/,
    );
  });

  it("lets the members of system:masters do everything", async () => {
    expect((await admin.get("/api/v1/secrets")).code).toBe(200);
  });
});

function subject(kind: string, name: string): object {
  return { apiGroup: RBAC, kind, name };
}
