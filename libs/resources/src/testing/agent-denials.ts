import {
  createsForVelero,
  binds,
  createsConfigMap,
  createsNamespace,
  createsRelease,
  creates,
  deletes,
  instances,
  NAMESPACES,
  OWN,
  patches,
} from "./admission-attempts";
import type { Places } from "./admission-rig";
import type { Denial } from "./denial";

const ADMIN_ROLE = { kind: "ClusterRole", name: "admin" };
const BINDS_ONLY =
  "the agent binds no role but the ClusterRole admin to vworkspace-release and the ClusterRole vworkspace-agent-namespace to itself, each by a RoleBinding in one namespace and never in vworkspace-system: an administrator of the cluster makes other bindings.";
const NOBODY = {
  apiVersion: "v1",
  kind: "ConfigMap",
  name: "never-was",
  uid: "00000000-0000-4000-8000-000000000000",
};
const POD_SECURITY =
  "metadata.labels: the agent changes no pod-security.kubernetes.io/* of a namespace: an administrator of the cluster says what pods may do there.";
const optIn = (namespace: string) =>
  `an administrator of the cluster runs kubectl label namespace ${namespace} managed-by=vworkspace.`;

/** What somebody with the agent's token can't do, whatever its roles say; of namespaces the policies know their label. */
export const AGENT_DENIALS: readonly Denial[] = [
  {
    title: "an object that the agent creates where nobody opted in",
    policy: "agent-namespaces",
    code: 403,
    attempt: ({ closed }) => createsConfigMap("agent", closed),
    message: ({ closed }) =>
      `namespace ${closed} has not opted in to the agent: ${optIn(closed)}`,
  },
  {
    title: "an object that the agent deletes where nobody opted in",
    policy: "agent-namespaces",
    code: 403,
    attempt: ({ closed }) =>
      deletes("agent", `${NAMESPACES}/${closed}/serviceaccounts/anna`),
    message: ({ closed }) =>
      `namespace ${closed} has not opted in to the agent: ${optIn(closed)}`,
  },
  {
    title: "a spec that the agent changes where nobody opted in",
    policy: "agent-namespaces",
    code: 403,
    attempt: ({ closed }) =>
      patches("agent", `${instances(closed)}/closed-one`, {
        spec: { suspend: true },
      }),
    message: ({ closed }) =>
      `namespace ${closed} has not opted in to the agent: ${optIn(closed)}`,
  },
  {
    title: "a token that the agent asks for where nobody opted in",
    policy: "agent-namespaces",
    code: 403,
    attempt: ({ closed }) =>
      creates("agent", `${NAMESPACES}/${closed}/serviceaccounts/anna/token`, {
        spec: {},
      }),
    message: ({ closed }) =>
      `namespace ${closed} has not opted in to the agent: ${optIn(closed)}`,
  },
  {
    title: "a namespace that the agent creates without the label",
    policy: "agent-opt-in",
    code: 403,
    attempt: ({ open }) => createsNamespace("agent", `${open}-more`),
    message: () =>
      "metadata.labels of a namespace that the agent creates must hold managed-by=vworkspace: add it.",
  },
  {
    title: "a namespace that the agent calls kube-something",
    policy: "agent-opt-in",
    code: 403,
    attempt: () =>
      createsNamespace("agent", "kube-spec", { "managed-by": "vworkspace" }),
    message: () =>
      `metadata.name is kube-spec; the agent never creates default, kube-* or ${OWN}: choose another namespace.`,
  },
  {
    title: "a namespace that the agent opts in",
    policy: "agent-opt-in",
    code: 403,
    attempt: ({ closed }) =>
      patches("agent", `${NAMESPACES}/${closed}`, {
        metadata: { labels: { "managed-by": "vworkspace" } },
      }),
    message: ({ closed }) =>
      `metadata.labels: the agent opts in no existing namespace and changes none that has not opted in, here ${closed}: ${optIn(closed)}`,
  },
  {
    title: "a namespace that the agent deletes although it did not opt in",
    policy: "agent-opt-in",
    code: 403,
    attempt: ({ closed }) => deletes("agent", `${NAMESPACES}/${closed}`),
    message: ({ closed }) =>
      `metadata.labels: the agent opts in no existing namespace and changes none that has not opted in, here ${closed}: ${optIn(closed)}`,
  },
  {
    title: "a binding to another ClusterRole by the agent",
    policy: "agent-bindings",
    code: 403,
    attempt: ({ open }) =>
      binds("agent", { kind: "ClusterRole", name: "cluster-admin" }, open),
    message: () => `roleRef is ClusterRole cluster-admin; ${BINDS_ONLY}`,
  },
  {
    title: "a binding to a Role by the agent, even in its own namespace",
    policy: "agent-bindings",
    code: 403,
    attempt: () => binds("agent", { kind: "Role", name: "admin" }, OWN),
    message: () => `roleRef is Role admin; ${BINDS_ONLY}`,
  },
  {
    title: "a binding of admin by the agent to somebody",
    policy: "agent-bindings",
    code: 403,
    attempt: ({ open }) => binds("agent", ADMIN_ROLE, open),
    message: () => `roleRef is ClusterRole admin; ${BINDS_ONLY}`,
  },
  {
    title:
      "a binding of admin by the agent to the releases of another namespace",
    policy: "agent-bindings",
    code: 403,
    attempt: ({ open, closed }) =>
      binds("agent", ADMIN_ROLE, open, {
        kind: "ServiceAccount",
        name: "vworkspace-release",
        namespace: closed,
      }),
    message: () => `roleRef is ClusterRole admin; ${BINDS_ONLY}`,
  },
  {
    title: "a binding of the agent's for the whole cluster",
    policy: "agent-bindings",
    code: 403,
    attempt: () => binds("agent", ADMIN_ROLE),
    message: () => `roleRef is ClusterRole admin; ${BINDS_ONLY}`,
  },
  ...[
    { role: "vworkspace-agent-namespace", name: "vworkspace-agent" },
    { role: "admin", name: "vworkspace-release" },
  ].map(({ role, name }): Denial => ({
    title: `a binding of ${role} by the agent in its own namespace, where no fence stands`,
    policy: "agent-bindings",
    code: 403,
    attempt: () =>
      binds("agent", { kind: "ClusterRole", name: role }, OWN, {
        kind: "ServiceAccount",
        name,
        namespace: OWN,
      }),
    message: () => `roleRef is ClusterRole ${role}; ${BINDS_ONLY}`,
  })),
  ...[
    { what: "an owner", metadata: { ownerReferences: [NOBODY] } },
    { what: "a finalizer", metadata: { finalizers: ["example.com/stay"] } },
    { what: "a label", metadata: { labels: { team: "ours" } } },
    { what: "an annotation", metadata: { annotations: { note: "ours" } } },
  ].map(({ what, metadata }): Denial => ({
    title: `${what} that the agent puts on an instance where nobody opted in`,
    policy: "agent-namespaces",
    code: 403,
    attempt: ({ closed }) =>
      patches("agent", `${instances(closed)}/closed-one`, { metadata }),
    message: ({ closed }) =>
      `namespace ${closed} has not opted in to the agent: ${optIn(closed)}`,
  })),
  {
    title: "a namespace that the agent creates for privileged pods",
    policy: "agent-opt-in",
    code: 403,
    attempt: ({ open }) =>
      createsNamespace("agent", `${open}-more`, {
        "managed-by": "vworkspace",
        "pod-security.kubernetes.io/enforce": "privileged",
      }),
    message: () => POD_SECURITY,
  },
  {
    title: "a namespace that the agent lets privileged pods into",
    policy: "agent-opt-in",
    code: 403,
    attempt: ({ open }) =>
      patches("agent", `${NAMESPACES}/${open}`, {
        metadata: {
          labels: { "pod-security.kubernetes.io/enforce": "privileged" },
        },
      }),
    message: () => POD_SECURITY,
  },
  ...[undefined, ""].map((serviceAccountName): Denial => ({
    title: `a release of the agent's with ${serviceAccountName === undefined ? "no" : "an empty"} service account, for which Flux acts as an administrator`,
    policy: "agent-releases",
    code: 403,
    attempt: ({ open }) =>
      createsRelease("agent", open, { serviceAccountName }),
    message: () =>
      "spec.serviceAccountName of a HelmRelease that the agent writes must name a service account of its namespace: without one Flux acts as an administrator of the cluster.",
  })),
  ...[
    { targetNamespace: "kube-system" },
    { storageNamespace: "kube-system" },
    { kubeConfig: { secretRef: { name: "elsewhere" } } },
    {
      chartRef: { kind: "OCIRepository", name: "o", namespace: "kube-system" },
    },
  ].map((spec): Denial => ({
    title: `a release of the agent's that leads elsewhere: ${JSON.stringify(spec)}`,
    policy: "agent-releases",
    code: 403,
    attempt: ({ open }) => createsRelease("agent", open, spec),
    message: () =>
      "a HelmRelease that the agent writes stays in its namespace and cluster: remove spec.kubeConfig, spec.targetNamespace, spec.storageNamespace and the namespace of the chart's source.",
  })),
  {
    title:
      "a release of the agent's that acts as an account which nobody released for it",
    policy: "agent-accounts",
    code: 403,
    attempt: ({ open }) =>
      createsRelease("agent", open, { serviceAccountName: "powerful" }),
    message: () =>
      "spec.serviceAccountName is powerful, which is released for no releases: an administrator of the namespace runs kubectl label serviceaccount powerful vworkspace.io/release-service-account=true.",
  },
  ...(
    [
      [
        "Backup",
        "another namespace",
        ({ closed }) => ({ includedNamespaces: [closed] }),
      ],
      [
        "Backup",
        "another namespace beside its own",
        ({ open, closed }) => ({ includedNamespaces: [open, closed] }),
      ],
      [
        "Restore",
        "another namespace",
        ({ open, closed }) => ({
          includedNamespaces: [open],
          namespaceMapping: { [open]: closed },
        }),
      ],
    ] as readonly (readonly [
      "Backup" | "Restore",
      string,
      (places: Places) => object,
    ])[]
  ).map(([kind, what, spec]): Denial => ({
    title: `a ${kind} of the agent's that is about ${what}`,
    policy: "agent-backups",
    code: 403,
    attempt: (places) =>
      createsForVelero("agent", kind, {
        closed: places.closed,
        spec: { ...spec(places) },
      }),
    message: ({ closed }) =>
      `spec.includedNamespaces: namespace ${closed} has not opted in to the agent, or none is named: an administrator of the cluster labels it managed-by=vworkspace.`,
  })),
  {
    title: "a Backup of the agent's that is no operation's",
    policy: "agent-backups",
    code: 403,
    attempt: ({ open, closed }) =>
      createsForVelero("agent", "Backup", {
        closed,
        spec: { includedNamespaces: [open] },
        isOfOperation: false,
      }),
    message: () =>
      "the agent makes and deletes backups, restores and deletebackuprequests of operations, with the label ops.vworkspace.io/operation: an administrator of the cluster does everything else.",
  },
];
