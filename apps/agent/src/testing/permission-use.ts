import type { KubeRequest } from "@vworkspace/kube";
import type { Permission, PermissionScope } from "../permissions/permission";

/** What one request asked of an authorizer. */
export interface PermissionUse {
  readonly verb: string;
  readonly apiGroup: string;
  /** Plural, with its subresource after a slash. */
  readonly resource: string;
  readonly name?: string;
  readonly scope: PermissionScope;
}

const VERBS = { POST: "create", PATCH: "patch", DELETE: "delete" } as const;
const RESOURCE_PATH =
  /^\/(?:api\/v1|apis\/(?<group>[^/]+)\/[^/]+)(?:\/namespaces\/(?<namespace>[^/]+)(?=\/[^/]))?\/(?<plural>[^/]+)(?:\/(?<name>[^/]+))?(?:\/(?<subresource>[^/]+))?$/;

/** What a request and the status of its answer say about rights; nothing for discovery. */
export function permissionUses(
  request: KubeRequest,
  status: number,
  agentNamespace: string,
): readonly PermissionUse[] {
  const { groups } = RESOURCE_PATH.exec(request.path) ?? {};
  if (groups === undefined) return [];
  const { group = "", namespace, plural = "", subresource } = groups;
  const name = groups["name"] ?? selectedName(request);
  const use: PermissionUse = {
    verb: verbOf(request, groups["name"]),
    apiGroup: group,
    resource: subresource === undefined ? plural : `${plural}/${subresource}`,
    ...(name !== undefined && { name: decodeURIComponent(name) }),
    scope: scopeOf(namespace, agentNamespace),
  };
  // Server-side apply that creates is asked about `create` as well.
  const isCreated = request.method === "PATCH" && status === 201;
  return [
    use,
    ...(isCreated ? [{ ...use, verb: "create" }] : []),
    ...binds(request, use),
  ];
}

function verbOf(
  { method, query }: KubeRequest,
  name: string | undefined,
): string {
  if (method !== "GET") return VERBS[method];
  if (name !== undefined) return "get";
  return query?.["watch"] === undefined ? "list" : "watch";
}

/** A list of one name is a request for that name. */
function selectedName({ query }: KubeRequest): string | undefined {
  return /^metadata\.name=([^,=]+)$/.exec(query?.["fieldSelector"] ?? "")?.[1];
}

function scopeOf(
  namespace: string | undefined,
  agentNamespace: string,
): PermissionScope {
  if (namespace === undefined) return "cluster";
  return namespace === agentNamespace ? "agent-namespace" : "namespace";
}

/** Whoever writes a binding must be allowed to bind its role. */
function binds(
  { method, body }: KubeRequest,
  { resource, scope }: PermissionUse,
): readonly PermissionUse[] {
  const isWrite = method === "POST" || method === "PATCH";
  if (!isWrite || body === undefined || !resource.endsWith("rolebindings"))
    return [];
  const { roleRef } = JSON.parse(body.text) as {
    roleRef?: { kind: string; name: string };
  };
  if (roleRef === undefined) return [];
  return [
    {
      verb: "bind",
      apiGroup: "rbac.authorization.k8s.io",
      resource: `${roleRef.kind.toLowerCase()}s`,
      name: roleRef.name,
      scope,
    },
  ];
}

export interface Coverage {
  /** Uses that no declaration covers: the agent's role lacks them. */
  readonly undeclared: readonly string[];
  /** Declared verbs that nothing used: the agent's role holds more than it needs. */
  readonly unused: readonly string[];
}

/** Compares what the rooms declare with what was asked of the API server. */
export function coverage(
  permissions: readonly Permission[],
  uses: readonly PermissionUse[],
): Coverage {
  const rights = permissions.flatMap(rightsOf);
  const undeclared = uses
    .filter((use) => !rights.some((right) => covers(right, use)))
    .map(describe);
  const unused = rights
    .filter((right) => !uses.some((use) => covers(right, use)))
    .map(describe);
  return { undeclared: unique(undeclared), unused: unique(unused) };
}

type Right = PermissionUse;

function rightsOf(permission: Permission): readonly Right[] {
  const { apiGroups, resources, verbs, resourceNames, scope } = permission;
  return apiGroups.flatMap((apiGroup) =>
    resources.flatMap((resource) =>
      verbs.flatMap((verb) =>
        (resourceNames ?? [undefined]).map((name) => ({
          verb,
          apiGroup,
          resource,
          ...(name !== undefined && { name }),
          scope,
        })),
      ),
    ),
  );
}

function covers(right: Right, use: PermissionUse): boolean {
  return (
    right.verb === use.verb &&
    right.apiGroup === use.apiGroup &&
    right.resource === use.resource &&
    (right.name === undefined || right.name === use.name) &&
    (right.scope === "cluster" || right.scope === use.scope)
  );
}

function describe({ verb, apiGroup, resource, name, scope }: Right): string {
  const kind = apiGroup === "" ? resource : `${resource}.${apiGroup}`;
  return `${verb} ${kind}${name === undefined ? "" : ` ${name}`} (${scope})`;
}

const unique = (texts: readonly string[]): readonly string[] =>
  [...new Set(texts)].sort();
