import {
  createsForVelero,
  annotates,
  binds,
  creates,
  createsConfigMap,
  createsNamespace,
  createsRelease,
  deletes,
  instances,
  NAMESPACES,
  operationIn,
  operations,
  OWN,
  patches,
  stamps,
} from "./admission-attempts";
import type { Attempt, Places } from "./admission-rig";

/** A request that no policy refuses. */
export interface Allowance {
  readonly title: string;
  readonly attempt: (places: Places) => Attempt;
}

export const ALLOWANCES: readonly Allowance[] = [
  {
    title: "the agent create what belongs to a namespace that opted in",
    attempt: ({ open }) => createsConfigMap("agent", open),
  },
  {
    title: "the agent write in its own namespace",
    attempt: () => createsConfigMap("agent", OWN),
  },
  {
    title: "a person write where nobody opted in",
    attempt: ({ closed }) => createsConfigMap("anna", closed),
  },
  {
    title: "the agent create a namespace with the label",
    attempt: ({ open }) =>
      createsNamespace("agent", `${open}-more`, { "managed-by": "vworkspace" }),
  },
  {
    title: "a person create one without, and call it kube-something",
    attempt: () => createsNamespace("anna", "kube-spec"),
  },
  {
    title: "a person opt a namespace in",
    attempt: ({ closed }) =>
      patches("anna", `${NAMESPACES}/${closed}`, {
        metadata: { labels: { "managed-by": "vworkspace" } },
      }),
  },
  {
    title: "the agent annotate a namespace that opted in",
    attempt: ({ open }) =>
      annotates("agent", `${NAMESPACES}/${open}`, { note: "seen" }),
  },
  {
    title: "the agent bind admin to the releases of a namespace that opted in",
    attempt: ({ open }) =>
      binds("agent", { kind: "ClusterRole", name: "admin" }, open, {
        kind: "ServiceAccount",
        name: "vworkspace-release",
        namespace: open,
      }),
  },
  {
    title: "the agent bind its own role in a namespace that opted in",
    attempt: ({ open }) =>
      binds(
        "agent",
        { kind: "ClusterRole", name: "vworkspace-agent-namespace" },
        open,
        {
          kind: "ServiceAccount",
          name: "vworkspace-agent",
          namespace: "vworkspace-system",
        },
      ),
  },
  {
    title: "a person bind what RBAC lets them",
    attempt: ({ open }) =>
      binds("anna", { kind: "ClusterRole", name: "view" }, open),
  },
  {
    title: "the agent say why it does nothing where nobody opted in",
    attempt: ({ closed }) =>
      patches("agent", `${instances(closed)}/closed-one/status`, {
        status: { observedGeneration: 1 },
      }),
  },
  {
    title: "the agent tell people by an Event where nobody opted in",
    attempt: ({ closed }) =>
      creates("agent", `/api/v1/namespaces/${closed}/events`, {
        apiVersion: "v1",
        kind: "Event",
        metadata: { name: "of-the-spec" },
        involvedObject: {
          apiVersion: "apps.vworkspace.io/v1alpha1",
          kind: "ApplicationInstance",
          namespace: closed,
          name: "closed-one",
        },
        reason: "Blocked",
        message: "Not here.",
        type: "Normal",
      }),
  },
  {
    title: "the agent let an instance go where nobody opted in",
    attempt: ({ closed }) =>
      patches("agent", `${instances(closed)}/closed-one`, {
        metadata: { finalizers: [] },
      }),
  },
  {
    title: "the agent raise a stamp",
    attempt: ({ open }) => stamps("agent", `${instances(open)}/stamped`, "10"),
  },
  {
    title: "the control plane raise a stamp",
    attempt: ({ open }) =>
      stamps("controlPlane", `${instances(open)}/stamped`, "8"),
  },
  {
    title: "a person change an instance and leave its stamp",
    attempt: ({ open }) =>
      patches("anna", `${instances(open)}/stamped`, {
        spec: { suspend: true },
      }),
  },
  {
    title: "a person delete an instance that carries a stamp",
    attempt: ({ open }) => deletes("anna", `${instances(open)}/stamped`),
  },
  {
    title: "the control plane create an operation that it approved",
    attempt: ({ open }) =>
      creates(
        "controlPlane",
        operations(open),
        operationIn(open, "new", { approvals: { claim: "e30" } }),
      ),
  },
  {
    title: "a person create an operation without approvals",
    attempt: ({ open }) =>
      creates("anna", operations(open), operationIn(open, "new")),
  },
  {
    title: "a person cancel an operation that was approved",
    attempt: ({ open }) =>
      patches("anna", `${operations(open)}/approved`, {
        spec: { cancel: true },
      }),
  },
  ...["vworkspace-release", "released"].map((name): Allowance => ({
    title: `the agent write a release that acts as ${name}`,
    attempt: ({ open }) =>
      createsRelease("agent", open, { serviceAccountName: name }),
  })),
  {
    title: "a person write a release as they like",
    attempt: ({ open }) =>
      createsRelease("anna", open, {
        serviceAccountName: "powerful",
        targetNamespace: "kube-system",
      }),
  },
  {
    title: "the agent back up a namespace that opted in",
    attempt: ({ open, closed }) =>
      createsForVelero("agent", "Backup", {
        closed,
        spec: { includedNamespaces: [open] },
      }),
  },
  {
    title:
      "the agent restore a namespace of another cluster's backup into one that opted in",
    attempt: ({ open, closed }) =>
      createsForVelero("agent", "Restore", {
        closed,
        spec: {
          includedNamespaces: [closed],
          namespaceMapping: { [closed]: open },
        },
      }),
  },
  {
    title: "a person back up whatever they like",
    attempt: ({ closed }) =>
      createsForVelero("anna", "Backup", {
        closed,
        spec: {},
        isOfOperation: false,
      }),
  },
];
