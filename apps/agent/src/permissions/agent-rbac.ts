import type { KubeObject } from "@vworkspace/kube";
import { AGENT_NAMESPACE_ROLE } from "@vworkspace/resources";
import type { Permission, PermissionScope } from "./permission";

/** Name of the agent's service account, of its cluster-wide role and of its role in its own namespace. */
export const AGENT_NAME = "vworkspace-agent";

const RBAC = "rbac.authorization.k8s.io";
const LABELS = {
  "app.kubernetes.io/name": AGENT_NAME,
  "app.kubernetes.io/part-of": "vworkspace",
};

/** A rule of a role, and the sentence that says why it is there. */
export interface RoleRule {
  readonly why: string;
  readonly rule: Readonly<Record<string, readonly string[]>>;
}

/** A role or a binding; `rules` of a role stand in the order of its manifest's rules. */
export interface RbacManifest {
  readonly manifest: KubeObject;
  readonly rules: readonly RoleRule[];
}

/**
 * The roles of the agent and what binds them: cluster-wide, in its own namespace, and the ClusterRole that each namespace
 * which opts in binds for itself.
 */
export function agentRbac(
  permissions: readonly Permission[],
  agentNamespace: string,
): readonly RbacManifest[] {
  const rulesOf = (scope: PermissionScope) =>
    permissions.filter((permission) => permission.scope === scope).map(toRule);
  return [
    role({ kind: "ClusterRole", name: AGENT_NAME }, rulesOf("cluster")),
    binding({ kind: "ClusterRole", name: AGENT_NAME }, { agentNamespace }),
    role(
      { kind: "ClusterRole", name: AGENT_NAMESPACE_ROLE },
      rulesOf("namespace"),
    ),
    role(
      { kind: "Role", name: AGENT_NAME, namespace: agentNamespace },
      rulesOf("agent-namespace"),
    ),
    binding(
      { kind: "Role", name: AGENT_NAME },
      { agentNamespace, namespace: agentNamespace },
    ),
  ];
}

/** What gives the agent its rights in one namespace. */
export function namespaceBinding(
  namespace: string,
  agentNamespace: string,
): KubeObject {
  const to = { kind: "ClusterRole", name: AGENT_NAMESPACE_ROLE };
  return binding(to, { agentNamespace, namespace }).manifest;
}

function toRule(permission: Permission): RoleRule {
  const { apiGroups, resources, resourceNames, verbs, why } = permission;
  return {
    why,
    rule: {
      apiGroups,
      resources,
      ...(resourceNames && { resourceNames }),
      verbs,
    },
  };
}

function role(
  { kind, ...names }: { kind: string; name: string; namespace?: string },
  rules: readonly RoleRule[],
): RbacManifest {
  return {
    rules,
    manifest: {
      apiVersion: `${RBAC}/v1`,
      kind,
      metadata: { ...names, labels: LABELS },
      rules: rules.map(({ rule }) => rule),
    },
  };
}

/** A RoleBinding where a namespace is given, else one for the whole cluster. */
function binding(
  roleRef: { readonly kind: string; readonly name: string },
  place: { readonly agentNamespace: string; readonly namespace?: string },
): RbacManifest {
  const { agentNamespace, namespace } = place;
  return {
    rules: [],
    manifest: {
      apiVersion: `${RBAC}/v1`,
      kind: namespace === undefined ? "ClusterRoleBinding" : "RoleBinding",
      metadata: {
        name: AGENT_NAME,
        ...(namespace !== undefined && { namespace }),
        labels: LABELS,
      },
      roleRef: { apiGroup: RBAC, ...roleRef },
      subjects: [
        { kind: "ServiceAccount", name: AGENT_NAME, namespace: agentNamespace },
      ],
    },
  };
}
