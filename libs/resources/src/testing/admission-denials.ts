import { ANNOTATIONS } from "../names";
import {
  binds,
  CRDS,
  creates,
  createsConfigMap,
  createsNamespace,
  deletes,
  instanceIn,
  instances,
  NAMESPACES,
  operationIn,
  operations,
  OWN,
  patches,
  stamps,
} from "./admission-attempts";
import type { Attempt, Places } from "./admission-rig";

/** A request that a policy refuses, and what the person who made it reads. */
export interface Denial {
  readonly title: string;
  readonly policy: string;
  readonly code: 403 | 422;
  readonly attempt: (places: Places) => Attempt;
  readonly message: (places: Places) => string;
}

const STAMP = `metadata.annotations[${ANNOTATIONS.intentGeneration}]`;
const anna = ({ closed }: Places) => `system:serviceaccount:${closed}:anna`;
const ADMIN_ROLE = { kind: "ClusterRole", name: "admin" };
const BINDS_ONLY =
  "the agent binds no role but the ClusterRole admin to vworkspace-release and the ClusterRole vworkspace-agent-namespace to itself, each by a RoleBinding in one namespace: an administrator of the cluster makes other bindings.";
const optIn = (namespace: string) =>
  `an administrator of the cluster runs kubectl label namespace ${namespace} managed-by=vworkspace.`;

/** The instance `stamped` carries generation 7 and the operation `approved` approvals; the instance `closed-one` did not opt in. */
export const DENIALS: readonly Denial[] = [
  {
    title: "a password among inline values",
    policy: "inline-secrets",
    code: 422,
    attempt: ({ open }) =>
      creates(
        "admin",
        instances(open),
        instanceIn(open, "new", { inline: { db: [{ password: "hunter2" }] } }),
      ),
    message: () =>
      "spec.values.inline.db[].password must not hold a secret: put the value in a Secret and name it in spec.values.secretRef, or use the chart's existingSecret.",
  },
  {
    title: "a release in another namespace",
    policy: "release-namespace",
    code: 422,
    attempt: ({ open }) => {
      const instance = instanceIn(open, "new");
      const release = { name: "files", namespace: "kube-system" };
      const spec = { ...instance.spec, release };
      return creates("anna", instances(open), { ...instance, spec });
    },
    message: ({ open }) =>
      `spec.release.namespace is kube-system and must be metadata.namespace, ${open}: set it to that, or create the instance in the other namespace.`,
  },
  {
    title: "a stamp on an instance that a person creates",
    policy: "intent-generation",
    code: 403,
    attempt: ({ open }) =>
      creates("anna", instances(open), instanceIn(open, "new", { stamp: "3" })),
    message: (places) =>
      `${STAMP} is written by the agent and the control plane only, not by ${anna(places)}: leave it as it is, absent.`,
  },
  {
    title: "a stamp that a person raises",
    policy: "intent-generation",
    code: 403,
    attempt: ({ open }) => stamps("anna", `${instances(open)}/stamped`, "8"),
    message: (places) =>
      `${STAMP} is written by the agent and the control plane only, not by ${anna(places)}: leave it as it is, 7.`,
  },
  {
    title: "a stamp that a person puts on an operation",
    policy: "intent-generation",
    code: 403,
    attempt: ({ open }) => stamps("admin", `${operations(open)}/approved`, "1"),
    message: () =>
      `${STAMP} is written by the agent and the control plane only, not by admin: leave it as it is, absent.`,
  },
  {
    title: "a stamp that the agent lowers",
    policy: "intent-generation",
    code: 422,
    attempt: ({ open }) => stamps("agent", `${instances(open)}/stamped`, "6"),
    message: () =>
      `${STAMP} is 7 and is never lowered, here to 6: read the object again and apply a newer generation.`,
  },
  {
    title: "a stamp that the agent removes",
    policy: "intent-generation",
    code: 422,
    attempt: ({ open }) => stamps("agent", `${instances(open)}/stamped`, null),
    message: () =>
      `${STAMP} is 7 and is never lowered or removed: read the object again and apply a newer generation.`,
  },
  {
    title: "a stamp that is no number",
    policy: "intent-generation",
    code: 422,
    attempt: ({ open }) => stamps("agent", `${instances(open)}/stamped`, "x8"),
    message: () =>
      `${STAMP} is x8 and must be a whole number of at most 15 digits: write the generation there.`,
  },
  {
    title: "a status that a person writes",
    policy: "status-writers",
    code: 403,
    attempt: ({ open }) =>
      patches("anna", `${instances(open)}/stamped/status`, {
        status: { observedGeneration: 9 },
      }),
    message: (places) =>
      `status is written by the agent only, not by ${anna(places)}: change spec instead.`,
  },
  {
    title: "a status of an operation that the control plane writes",
    policy: "status-writers",
    code: 403,
    attempt: ({ open }) =>
      patches("controlPlane", `${operations(open)}/approved/status`, {
        status: { phase: "Succeeded" },
      }),
    message: () =>
      "status is written by the agent only, not by system:serviceaccount:vworkspace-system:vworkspace-control-plane: change spec instead.",
  },
  {
    title: "approvals of an operation that a person creates",
    policy: "approvals",
    code: 403,
    attempt: ({ open }) =>
      creates(
        "anna",
        operations(open),
        operationIn(open, "new", { approvals: { claim: "e30" } }),
      ),
    message: (places) =>
      `spec.approvals is written by the agent and the control plane only, not by ${anna(places)}: ask for approval in the control plane.`,
  },
  {
    title: "approvals that a person changes",
    policy: "approvals",
    code: 403,
    attempt: ({ open }) =>
      patches("admin", `${operations(open)}/approved`, {
        spec: { approvals: { required: false } },
      }),
    message: () =>
      "spec.approvals is written by the agent and the control plane only, not by admin: ask for approval in the control plane.",
  },
  {
    title: "approvals that a person removes",
    policy: "approvals",
    code: 403,
    attempt: ({ open }) =>
      patches("admin", `${operations(open)}/approved`, {
        spec: { approvals: null },
      }),
    message: () =>
      "spec.approvals is written by the agent and the control plane only, not by admin: ask for approval in the control plane.",
  },
  ...[
    "applicationinstances.apps.vworkspace.io",
    "operations.ops.vworkspace.io",
    "clusters.ops.vworkspace.io",
  ].map((name): Denial => ({
    title: `the end of the definition ${name}`,
    policy: "definitions-stay",
    code: 403,
    attempt: () => deletes("admin", `${CRDS}/${name}`),
    message: () =>
      `deleting ${name} deletes all objects of it: if that is wanted, run kubectl annotate crd ${name} vworkspace.io/allow-delete=true first.`,
  })),
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
];
