import type { IncomingMessage } from "node:http";
import { StatusError } from "../api/status-error";
import type { Target } from "../api/write-request";
import { mediaType } from "../http/request-body";
import type { RequestPath } from "../http/request-path";
import { stringAt } from "../json";
import { objectKey } from "../kube-object";
import type { Store } from "../store/store";
import { type Attributes, attributesOf } from "./attributes";
import { RbacAuthorizer } from "./rbac-authorizer";
import type { User } from "./user";

const GROUP = "rbac.authorization.k8s.io";
const APPLY = "application/apply-patch+yaml";

/** Lets a request through, or refuses it as a real server with RBAC does. */
export class Gate {
  private readonly authorizer: RbacAuthorizer;

  constructor(private readonly store: Store) {
    this.authorizer = new RbacAuthorizer(store);
  }

  /** @throws StatusError 403 */
  require(
    user: User,
    request: IncomingMessage,
    url: URL,
    parsed: RequestPath,
  ): void {
    const asked = attributesOf(request, url, parsed);
    if ("path" in asked) return this.demand(user, asked);
    this.demand(user, asked);
    if (asked.verb !== "patch" || mediaType(request) !== APPLY) return;
    const { group, resource, namespace, name = "" } = asked;
    const isThere = this.store.get(
      `${resource}.${group}`,
      resource === "namespaces" ? name : objectKey(namespace, name),
    );
    // Server-side apply creates what is not there: whoever does that must be allowed to.
    if (isThere === undefined && !resource.includes("/"))
      this.demand(user, { ...asked, verb: "create" });
  }

  /**
   * Nobody hands on more than he has. A real server also lets through a binding to a role whose every rule the user holds;
   * here `bind` on the role is the only way, and `escalate` for a role itself.
   *
   * @throws StatusError 403
   */
  requireGrant(user: User, target: Target, object: unknown): void {
    const { group, plural } = target.type;
    if (group !== GROUP) return;
    const isBinding = plural.endsWith("bindings");
    const own = stringAt(object, "metadata", "name");
    const ofRole =
      stringAt(object, "roleRef", "kind") === "Role" ? "roles" : "clusterroles";
    const asked = {
      verb: isBinding ? "bind" : "escalate",
      group,
      resource: isBinding ? ofRole : plural,
      name: isBinding ? stringAt(object, "roleRef", "name") : own,
      ...(target.namespace !== undefined && { namespace: target.namespace }),
    };
    if (this.authorizer.allows(user, asked)) return;
    const groups = user.groups.map((one) => JSON.stringify(one)).join(" ");
    throw new StatusError(
      403,
      "Forbidden",
      `${plural}.${group} ${JSON.stringify(own)} is forbidden: user ${JSON.stringify(user.name)} (groups=[${groups}]) is attempting to grant RBAC permissions not currently held`,
      { name: own, group, kind: plural },
    );
  }

  private demand(user: User, asked: Attributes): void {
    if (!this.authorizer.allows(user, asked)) throw refusal(user, asked);
  }
}

/** Word for word what a real server says. */
function refusal(user: User, asked: Attributes): StatusError {
  const who = `User ${JSON.stringify(user.name)} cannot ${asked.verb}`;
  if ("path" in asked)
    return new StatusError(
      403,
      "Forbidden",
      `forbidden: ${who} path ${JSON.stringify(asked.path)}`,
    );
  const { group, resource, namespace, name } = asked;
  const [kind = ""] = resource.split("/");
  const place =
    namespace === undefined
      ? "at the cluster scope"
      : `in the namespace ${JSON.stringify(namespace)}`;
  const what = `${group === "" ? kind : `${kind}.${group}`}${name === undefined ? "" : ` ${JSON.stringify(name)}`}`;
  return new StatusError(
    403,
    "Forbidden",
    `${what} is forbidden: ${who} resource ${JSON.stringify(resource)} in API group ${JSON.stringify(group)} ${place}`,
    {
      ...(name !== undefined && { name }),
      ...(group !== "" && { group }),
      kind,
    },
  );
}
