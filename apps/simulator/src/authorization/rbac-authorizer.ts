import type { KubeObject } from "../kube-object";
import type { Store } from "../store/store";
import type { Attributes } from "./attributes";
import { type PolicyRule, ruleAllows } from "./rule-match";
import { MASTERS, type User } from "./user";

const GROUP = "rbac.authorization.k8s.io";

interface RoleRef {
  readonly kind: string;
  readonly name: string;
}

interface Subject {
  readonly kind: string;
  readonly name: string;
  readonly namespace?: string;
}

type Binding = KubeObject & {
  readonly roleRef?: RoleRef;
  readonly subjects?: readonly Subject[];
};

/** What a real server's own roles let everybody do who has a token. */
const EVERYBODY: readonly PolicyRule[] = [
  {
    verbs: ["get"],
    nonResourceURLs: [
      "/api",
      "/api/*",
      "/apis",
      "/apis/*",
      "/healthz",
      "/livez",
      "/readyz",
      "/openapi",
      "/openapi/*",
      "/version",
      "/version/",
    ],
  },
];

/** RBAC over the roles and bindings that the cluster holds at this moment; the server's own roles are not there. */
export class RbacAuthorizer {
  constructor(private readonly store: Store) {}

  allows(user: User, asked: Attributes): boolean {
    if (user.groups.includes(MASTERS)) return true;
    const namespace = "namespace" in asked ? asked.namespace : undefined;
    const permits = (rules: readonly PolicyRule[]) =>
      rules.some((rule) => ruleAllows(rule, asked));
    return (
      permits(EVERYBODY) ||
      this.bound("clusterrolebindings", user).some((binding) =>
        permits(this.rulesOf(binding)),
      ) ||
      (namespace !== undefined &&
        this.bound("rolebindings", user)
          .filter(({ metadata }) => metadata.namespace === namespace)
          .some((binding) => permits(this.rulesOf(binding))))
    );
  }

  private bound(plural: string, user: User): readonly Binding[] {
    const bindings = [...this.store.scan(`${plural}.${GROUP}`)] as Binding[];
    return bindings.filter(({ subjects = [], metadata }) =>
      subjects.some((subject) => isUser(subject, user, metadata.namespace)),
    );
  }

  private rulesOf({ roleRef, metadata }: Binding): readonly PolicyRule[] {
    if (roleRef === undefined) return [];
    const { kind, name } = roleRef;
    const role =
      kind === "ClusterRole"
        ? this.store.get(`clusterroles.${GROUP}`, name)
        : this.store.get(`roles.${GROUP}`, `${metadata.namespace}/${name}`);
    return (role?.["rules"] ?? []) as readonly PolicyRule[];
  }
}

function isUser(subject: Subject, user: User, namespace?: string): boolean {
  switch (subject.kind) {
    case "User":
      return subject.name === user.name;
    case "Group":
      return user.groups.includes(subject.name);
    case "ServiceAccount":
      return (
        user.name ===
        `system:serviceaccount:${subject.namespace ?? namespace}:${subject.name}`
      );
    default:
      return false;
  }
}
