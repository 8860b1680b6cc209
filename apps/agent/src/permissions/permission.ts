/** Where a permission is given: everywhere, in each namespace that opted in, or in the agent's own namespace. */
export type PermissionScope = "cluster" | "namespace" | "agent-namespace";

/** The verbs of Kubernetes RBAC that the agent may ask for. There is no "*": a verb that is not named is not given. */
export type PermissionVerb =
  "get" | "list" | "watch" | "create" | "update" | "patch" | "delete" | "bind";

/**
 * What a room of the agent asks of the Kubernetes API, declared beside the code that asks. The cluster roles in deploy/agent are
 * generated from all of these; the cluster tests run under them, and fail for a verb that is missing or was never used.
 *
 * `resources` holds plural names, with a subresource after a slash ("clusters/status"). `why` becomes a comment of the role: one
 * sentence that an administrator who reviews it understands.
 */
export interface Permission {
  readonly apiGroups: readonly string[];
  readonly resources: readonly string[];
  readonly verbs: readonly PermissionVerb[];
  readonly resourceNames?: readonly string[];
  readonly scope: PermissionScope;
  readonly why: string;
}
