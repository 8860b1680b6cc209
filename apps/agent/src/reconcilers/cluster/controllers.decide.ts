import type { ControllerName, ControllerState } from "@vworkspace/contract";
import type { KubeObject } from "@vworkspace/kube";
import { ADMISSION_USERS } from "@vworkspace/resources";
import type { NewCondition } from "../conditions.status";
import {
  KNOWN_CONTROLLERS,
  type KnownController,
  type WorkloadMark,
} from "./controllers.table";

/** A Deployment or DaemonSet that a controller runs as. */
export interface Workload {
  readonly isAvailable: boolean;
  /** What is wrong, with the workload's name; empty where nothing is. */
  readonly message: string;
  readonly version?: string;
}

/**
 * By name; or the API server is older than 1.30, or a simulated one, and knows no admission policies at all; or the agent
 * runs in another namespace than the one that they name it in, and so none of them means it.
 */
export type MissingPolicies = readonly string[] | "unserved" | "elsewhere";

/** What is known of the cluster's controllers. */
export interface ControllerFacts {
  /** Names of the CustomResourceDefinitions that there are. */
  readonly definitions: ReadonlySet<string>;
  readonly workloads: ReadonlyMap<ControllerName, readonly Workload[]>;
  /** Names of admission policies of ours that are missing; undefined where nobody could look. */
  readonly missingPolicies?: MissingPolicies;
}

/** The known controllers that an object, of which metadata is enough, belongs to. */
export function controllersRunningAs({
  kind,
  metadata,
}: KubeObject): readonly ControllerName[] {
  return KNOWN_CONTROLLERS.filter(
    ({ marks, inDaemonSets }) =>
      (kind === "Deployment" || inDaemonSets) &&
      marks.some((mark) => bears(metadata, mark)),
  ).map(({ name }) => name);
}

function bears(
  metadata: KubeObject["metadata"],
  { labels, name }: WorkloadMark,
): boolean {
  if (labels === undefined) return metadata.name === name;
  return Object.entries(labels).every(
    ([label, value]) => metadata.labels?.[label] === value,
  );
}

interface WorkloadBody {
  readonly spec?: {
    readonly replicas?: number;
    readonly template?: {
      readonly spec?: { readonly containers?: readonly { image?: string }[] };
    };
  };
  readonly status?: {
    readonly conditions?: readonly {
      readonly type: string;
      readonly status: string;
      readonly message?: string;
    }[];
    readonly numberAvailable?: number;
  };
}

export function workloadOf(object: KubeObject): Workload {
  const { kind, metadata } = object;
  const version = versionOf(object);
  const problem = (kind === "DaemonSet" ? daemonSetProblem : deploymentProblem)(
    object as unknown as WorkloadBody,
  );
  const place = `${kind} ${metadata.namespace}/${metadata.name}`;
  return {
    isAvailable: problem === undefined,
    message: problem === undefined ? "" : `${place} ${problem}`,
    ...(version !== undefined && { version }),
  };
}

function deploymentProblem({ spec, status }: WorkloadBody): string | undefined {
  // Kubernetes calls a Deployment without replicas available.
  if (spec?.replicas === 0) return "is scaled to zero";
  const available = status?.conditions?.find(
    ({ type }) => type === "Available",
  );
  if (available?.status === "True") return undefined;
  const why = available?.message ? `: ${available.message}` : "";
  return `is not available${why}`;
}

/** Available somewhere: a node that is away takes its pod with it, and that is no fault of the controller. */
function daemonSetProblem({ status }: WorkloadBody): string | undefined {
  return (status?.numberAvailable ?? 0) > 0
    ? undefined
    : "is available on no node";
}

/** The image's tag; the label of that meaning often holds the version of the bundle that the controller came with. */
function versionOf(object: KubeObject): string | undefined {
  const { spec } = object as unknown as WorkloadBody;
  const image = spec?.template?.spec?.containers?.[0]?.image ?? "";
  const tag = /:(\w[\w.-]{0,127})$/.exec(image.replace(/@.*$/, ""))?.[1];
  return tag ?? object.metadata.labels?.["app.kubernetes.io/version"];
}

/** The rows of `status.controllers`, in the order of the table; the admission policies last. */
export function controllerStates(
  facts: ControllerFacts,
): readonly ControllerState[] {
  return [
    ...KNOWN_CONTROLLERS.map((controller) => stateOf(controller, facts)),
    ...policyState(facts.missingPolicies),
  ];
}

function stateOf(
  controller: KnownController,
  { definitions, workloads }: ControllerFacts,
): ControllerState {
  const { name, mayRunElsewhere } = controller;
  const running = workloads.get(name) ?? [];
  const absent = controller.definitions.filter((it) => !definitions.has(it));
  const hasApi = controller.definitions.length > 0 && absent.length === 0;
  const version = running.find((it) => it.version !== undefined)?.version;
  const present =
    controller.definitions.length > 0 ? hasApi : running.length > 0;
  const problem = present
    ? problemOf(running, mayRunElsewhere)
    : absenceOf(absent, controller, running);
  return {
    name,
    present,
    ready: present && problem === undefined,
    ...(version !== undefined && { version }),
    ...(problem !== undefined && { message: problem }),
  };
}

function problemOf(
  running: readonly Workload[],
  mayRunElsewhere = false,
): string | undefined {
  if (running.length === 0 && !mayRunElsewhere)
    return "its API is served, but no Deployment of it was found";
  return running.find(({ isAvailable }) => !isAvailable)?.message;
}

/** Said only where it is half there: what isn't installed at all has no problem. */
function absenceOf(
  absent: readonly string[],
  { definitions, isNeeded }: KnownController,
  running: readonly Workload[],
): string | undefined {
  const isHalf = absent.length < definitions.length || running.length > 0;
  if (definitions.length === 0 || !(isHalf || isNeeded)) return undefined;
  return `CustomResourceDefinition ${absent.join(", ")} is missing`;
}

function policyState(
  missing: MissingPolicies | undefined,
): readonly ControllerState[] {
  if (missing === undefined) return [];
  const isComplete = missing.length === 0;
  const message = policyProblem(missing);
  return [
    {
      name: "admission-policies",
      present: isComplete,
      ready: isComplete,
      ...(!isComplete && { message }),
    },
  ];
}

function policyProblem(missing: MissingPolicies): string {
  switch (missing) {
    case "unserved":
      return "this API server serves no admission policies";
    case "elsewhere":
      return `they name the agent in ${ADMISSION_USERS.agentNamespace}, and this one runs in another namespace: none of them means it`;
    default:
      return `missing: ${missing.join(", ")}`;
  }
}

const NEEDED: ReadonlySet<string> = new Set(
  KNOWN_CONTROLLERS.filter(({ isNeeded }) => isNeeded).map(({ name }) => name),
);

/** The condition ControllersHealthy: something needed is missing, something that is there doesn't work, or neither. */
export function controllersHealthy(
  states: readonly ControllerState[],
): NewCondition {
  const type = "ControllersHealthy";
  const missing = states.filter(
    ({ name, present }) => !present && NEEDED.has(name),
  );
  if (missing.length > 0) return unhealthy(type, "ControllerMissing", missing);
  const degraded = states.filter(({ present, ready }) => present && !ready);
  if (degraded.length > 0)
    return unhealthy(type, "ControllerDegraded", degraded);
  return { type, status: "True", reason: "AllControllersReady", message: "" };
}

function unhealthy(
  type: string,
  reason: string,
  states: readonly ControllerState[],
): NewCondition {
  const message = states
    .map(({ name, message }) => (message ? `${name}: ${message}` : name))
    .join("; ");
  return { type, status: "False", reason, message };
}
