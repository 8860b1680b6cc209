import type { KubeRequest } from "@vworkspace/kube";
import type { Permission } from "../permissions/permission";
import { coverage, permissionUses } from "./permission-use";

const OWN = "vworkspace-system";
const request = (
  method: KubeRequest["method"],
  path: string,
  more: Partial<KubeRequest> = {},
): KubeRequest => ({ method, path, ...more });
const json = (value: object) => ({
  contentType: "application/json",
  text: JSON.stringify(value),
});

describe("permissionUses", () => {
  it.each([
    ["GET", "/api/v1/secrets", "list  secrets cluster"],
    ["GET", "/api/v1/namespaces/a", "get  namespaces cluster"],
    ["GET", "/api/v1/namespaces/a/secrets/b", "get  secrets namespace"],
    [
      "GET",
      `/api/v1/namespaces/${OWN}/secrets/b`,
      "get  secrets agent-namespace",
    ],
    ["POST", "/api/v1/namespaces", "create  namespaces cluster"],
    [
      "DELETE",
      "/apis/helm.toolkit.fluxcd.io/v2/namespaces/a/helmreleases/b",
      "delete helm.toolkit.fluxcd.io helmreleases namespace",
    ],
    [
      "PATCH",
      "/apis/ops.vworkspace.io/v1alpha1/clusters/this-cluster/status",
      "patch ops.vworkspace.io clusters/status cluster",
    ],
  ] as const)("reads %s %s as %s", (method, path, expected) => {
    const uses = permissionUses(request(method, path), 200, OWN);
    expect(
      uses.map(
        ({ verb, apiGroup, resource, scope }) =>
          `${verb} ${apiGroup} ${resource} ${scope}`,
      ),
    ).toEqual([expected]);
  });

  it("tells a watch from a list, and takes the name that a field selector gives", () => {
    const path = `/apis/coordination.k8s.io/v1/namespaces/${OWN}/leases`;
    const query = { watch: "true", fieldSelector: "metadata.name=one" };
    expect(permissionUses(request("GET", path, { query }), 200, OWN)).toEqual([
      {
        verb: "watch",
        apiGroup: "coordination.k8s.io",
        resource: "leases",
        name: "one",
        scope: "agent-namespace",
      },
    ]);
  });

  it("reads nothing from discovery", () => {
    for (const path of ["/api/v1", "/apis/apps/v1", "/version"])
      expect(permissionUses(request("GET", path), 200, OWN)).toEqual([]);
  });

  it("counts an apply that created as a create as well", () => {
    const path = "/api/v1/namespaces/a/secrets/b";
    const verbs = permissionUses(request("PATCH", path), 201, OWN).map(
      ({ verb }) => verb,
    );
    expect(verbs).toEqual(["patch", "create"]);
  });

  it("counts a binding as a bind of its role", () => {
    const path =
      "/apis/rbac.authorization.k8s.io/v1/namespaces/a/rolebindings/b";
    const body = json({ roleRef: { kind: "ClusterRole", name: "admin" } });
    const [, bind] = permissionUses(request("PATCH", path, { body }), 200, OWN);
    expect(bind).toMatchObject({
      verb: "bind",
      resource: "clusterroles",
      name: "admin",
      scope: "namespace",
    });
  });
});

describe("coverage", () => {
  const declared: Permission = {
    apiGroups: [""],
    resources: ["secrets"],
    resourceNames: ["mine"],
    verbs: ["get", "patch"],
    scope: "agent-namespace",
    why: "A test.",
  };
  const use = {
    verb: "get",
    apiGroup: "",
    resource: "secrets",
    name: "mine",
    scope: "agent-namespace",
  } as const;
  const patch = { ...use, verb: "patch" };

  it("finds nothing where everything declared was used and nothing else", () => {
    expect(coverage([declared], [use, patch])).toEqual({
      undeclared: [],
      unused: [],
    });
  });

  it("names a verb that nobody used", () => {
    expect(coverage([declared], [use]).unused).toEqual([
      "patch secrets mine (agent-namespace)",
    ]);
  });

  it.each([
    ["another verb", { ...use, verb: "delete" }],
    ["another name", { ...use, name: "theirs" }],
    ["no name", { ...use, name: undefined }],
    ["another group", { ...use, apiGroup: "apps" }],
    ["a subresource", { ...use, resource: "secrets/status" }],
    [
      "a namespace that it was not declared for",
      { ...use, scope: "namespace" },
    ],
    ["the whole cluster", { ...use, scope: "cluster" }],
  ] as const)("names a use that nobody declared: %s", (_title, other) => {
    const { name, ...rest } = other;
    const asked = { ...rest, ...(name !== undefined && { name }) };
    const { undeclared } = coverage([declared], [use, patch, asked]);
    expect(undeclared).toHaveLength(1);
  });

  it("takes what is declared for the whole cluster as declared for each namespace", () => {
    const everywhere = { ...declared, scope: "cluster" as const };
    expect(coverage([everywhere], [use, patch])).toEqual({
      undeclared: [],
      unused: [],
    });
  });
});
