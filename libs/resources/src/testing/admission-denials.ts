import { ANNOTATIONS } from "../names";
import { ENGINE_PARAMETERS } from "../operation-parameters/read-parameters";
import {
  CRDS,
  creates,
  deletes,
  instanceIn,
  instances,
  operationIn,
  operations,
  patches,
  stamps,
} from "./admission-attempts";
import type { Places } from "./admission-rig";
import { AGENT_DENIALS } from "./agent-denials";
import type { Denial } from "./denial";

const STAMP = `metadata.annotations[${ANNOTATIONS.intentGeneration}]`;
const anna = ({ closed }: Places) => `system:serviceaccount:${closed}:anna`;

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
  {
    title: "a misspelt parameter of an operation",
    policy: "operation-parameters",
    code: 422,
    attempt: ({ open }) =>
      creates(
        "anna",
        operations(open),
        operationIn(open, "new", { parameters: { storage: "s3" } }),
      ),
    message: () =>
      `spec.parameters.storage is no parameter of the engine velero: there are ${Object.keys(ENGINE_PARAMETERS.velero.schema.properties ?? {}).join(", ")}.`,
  },
  {
    title: "a wrong parameter that somebody gives an operation later",
    policy: "operation-parameters",
    code: 422,
    attempt: ({ open }) =>
      patches("admin", `${operations(open)}/approved`, {
        spec: { parameters: { snapshotVolumes: "yes" } },
      }),
    message: () => "spec.parameters.snapshotVolumes must be true or false.",
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
  ...AGENT_DENIALS,
];
