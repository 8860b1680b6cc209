import { readFileSync } from "node:fs";
import { LIMITS } from "@vworkspace/contract";
import {
  ConfigurationError,
  type Environment,
  type EnvironmentVariable,
  readAddress,
  readFlag,
  readLogLevel,
  readWholeNumber,
} from "@vworkspace/kernel";
import type { Kind } from "@vworkspace/kube";
import {
  CONNECTION_ENVIRONMENT,
  type ConnectionSettings,
  readConnection,
} from "./connection-settings";
import { FORBIDDEN_GROUPS } from "./forbidden-groups";
import { readPatience } from "./patience-config";
import {
  OPERATIONS_ENVIRONMENT,
  readOperationsConfig,
} from "./operations-config";

/** Every environment variable the agent reads. docs/reference/environment.md is generated from this table. */
export const AGENT_ENVIRONMENT: readonly EnvironmentVariable[] = [
  {
    name: "CONTROL_PLANE_ENDPOINT",
    description:
      "URL of the gateway, for example https://gateway.example.com. Required.",
  },
  ...CONNECTION_ENVIRONMENT,
  {
    name: "VWORKSPACE_CLUSTER_ID",
    default: "what the registration token is bound to",
    description:
      "Id of this cluster; required with VWORKSPACE_AGENT_TOKEN, else only compared.",
  },
  {
    name: "VWORKSPACE_REGISTRATION_TOKEN",
    isSecret: true,
    description:
      "Single-use token for the first start. A token that was not used yet registers again.",
  },
  {
    name: "VWORKSPACE_REGISTRATION_TOKEN_FILE",
    description:
      "File that holds the registration token; read again before every attempt. It may be missing once there is a credential.",
  },
  {
    name: "VWORKSPACE_AGENT_TOKEN",
    isSecret: true,
    description:
      "A credential issued in advance, in place of a registration token.",
  },
  {
    name: "KUBECONFIG",
    default: "the pod's service account",
    description: "Kubeconfig file of the cluster.",
  },
  {
    name: "VWORKSPACE_KUBE_CONTEXT",
    default: "the file's current context",
    description: "Context of KUBECONFIG to use.",
  },
  {
    name: "VWORKSPACE_AGENT_NAMESPACE",
    default: "vworkspace-system",
    description: "Namespace that holds the agent's credential.",
  },
  {
    name: "VWORKSPACE_LEADER_ELECTION",
    default: "true in a pod, false with KUBECONFIG",
    description:
      "Whether there may be other agents of this cluster, of which one works: the one that holds the Lease in the agent's namespace.",
  },
  {
    name: "VWORKSPACE_NAMESPACE_PATTERNS",
    default: "*",
    description:
      "Namespaces the agent may create, separated by commas, * for any text; never kube-*, default or its own.",
  },
  {
    name: "VWORKSPACE_ALLOWED_KINDS",
    default: "none",
    description:
      "Kinds that jobs may carry besides ApplicationInstance and Operation: APIVERSION/KIND, separated by commas, for example v1/ConfigMap.",
  },
  {
    name: "VWORKSPACE_STATE_DIR",
    default: "none",
    description:
      "Directory, of this agent alone, in which events wait for the gateway and outlive the process; where it isn't set they wait in memory.",
  },
  {
    name: "VWORKSPACE_REQUIRE_SIGNED_PAYLOADS",
    default: "true once the gateway's trust root is pinned",
    description:
      "Take no job without a right signature of the gateway, also where no trust root was pinned at registration.",
  },
  {
    name: "VWORKSPACE_REQUIRE_ENCRYPTED_PAYLOADS",
    default: "false",
    description: "Take no job whose payload is not encrypted to this cluster.",
  },
  ...OPERATIONS_ENVIRONMENT,
  {
    name: "VWORKSPACE_SIMULATED",
    default: "false",
    description:
      "Tells the gateway that this cluster is a simulated one; only a demo accepts it.",
  },
  {
    name: "VWORKSPACE_AGENT_HTTP_ADDR",
    default: "no listener",
    description: "HOST:PORT of /health/live, /health/ready and /metrics.",
  },
  {
    name: "VWORKSPACE_POLL_WAIT_SECONDS",
    default: "50",
    description:
      "Longest wait of a poll; each asks for a random time between three fifths of it and all of it.",
  },
  {
    name: "VWORKSPACE_REQUEST_TIMEOUT_SECONDS",
    default: "30",
    description:
      "Time for one request to the gateway; a poll's wait comes on top.",
  },
  {
    name: "VWORKSPACE_JOB_LEASE_SECONDS",
    default: String(LIMITS.leaseSeconds),
    description:
      "The gateway's lease of an acked job; a status is posted every third of it.",
  },
  {
    name: "VWORKSPACE_DISCONNECT_AFTER_SECONDS",
    default: "120",
    description:
      "Time without an answer of the gateway after which the Cluster object says Disconnected.",
  },
  {
    name: "VWORKSPACE_LOG_LEVEL",
    default: "info",
    description: "fatal, error, warn, info, debug, trace or silent.",
  },
];

/** The agent's settings; also the token under which they are injected. Times in milliseconds. */
export abstract class AgentConfig {
  /** Without `/api/agent` and trailing slashes. */
  abstract readonly controlPlaneEndpoint: string;
  abstract readonly connection: ConnectionSettings;
  abstract readonly clusterId: string | undefined;
  /** The registration token as it is now; undefined where none is configured. */
  abstract readonly registrationToken: () => string | undefined;
  /** Path of the file that should hold it and can't be read now. */
  abstract readonly unreadableTokenFile: () => string | undefined;
  abstract readonly agentToken: string | undefined;
  abstract readonly kubeconfig: string | undefined;
  abstract readonly kubeContext: string | undefined;
  abstract readonly agentNamespace: string;
  abstract readonly hasLeaderElection: boolean;
  abstract readonly namespacePatterns: readonly string[];
  abstract readonly allowedKinds: readonly Kind[];
  abstract readonly stateDir: string | undefined;
  abstract readonly requiresSignedPayloads: boolean;
  abstract readonly requiresEncryptedPayloads: boolean;
  abstract readonly isSimulated: boolean;
  /** Whether last lines of failed jobs are shown. */
  abstract readonly showsOperationLogs: boolean;
  abstract readonly veleroNamespace: string;
  abstract readonly http:
    { readonly host: string; readonly port: number } | undefined;
  abstract readonly pollWaitSeconds: number;
  abstract readonly requestTimeoutMs: number;
  abstract readonly jobLeaseMs: number;
  abstract readonly disconnectAfterMs: number;
  abstract readonly logLevel: string;
}

/** What it takes to reach the cluster, without a gateway. */
export type ClusterConfig = Pick<
  AgentConfig,
  "kubeconfig" | "kubeContext" | "agentNamespace"
>;

export function readClusterConfig(
  environment: Environment = process.env,
): ClusterConfig {
  const text = (name: string) => environment[name] || undefined;
  return {
    kubeconfig: text("KUBECONFIG"),
    kubeContext: text("VWORKSPACE_KUBE_CONTEXT"),
    agentNamespace: text("VWORKSPACE_AGENT_NAMESPACE") ?? "vworkspace-system",
  };
}

/** Reads the environment. @throws ConfigurationError naming variable, value and remedy. */
export function readAgentConfig(
  environment: Environment = process.env,
): AgentConfig {
  const text = (name: string) => environment[name] || undefined;
  const seconds = (name: string, fallback: number) =>
    readWholeNumber(environment, name, fallback);
  const endpoint = readEndpoint(environment);
  const config: AgentConfig = {
    controlPlaneEndpoint: endpoint,
    connection: readConnection(environment, endpoint),
    clusterId: text("VWORKSPACE_CLUSTER_ID"),
    ...readRegistrationToken(environment),
    agentToken: text("VWORKSPACE_AGENT_TOKEN"),
    ...readClusterConfig(environment),
    hasLeaderElection: text("VWORKSPACE_LEADER_ELECTION")
      ? readFlag(environment, "VWORKSPACE_LEADER_ELECTION")
      : !text("KUBECONFIG"),
    namespacePatterns: readPatterns(environment),
    allowedKinds: readKinds(environment),
    stateDir: text("VWORKSPACE_STATE_DIR"),
    ...readPayloadProtection(environment),
    ...readOperationsConfig(environment),
    isSimulated: readFlag(environment, "VWORKSPACE_SIMULATED"),
    http: text("VWORKSPACE_AGENT_HTTP_ADDR")
      ? readAddress(environment, "VWORKSPACE_AGENT_HTTP_ADDR", "127.0.0.1:9090")
      : undefined,
    pollWaitSeconds: readPollWait(environment),
    requestTimeoutMs: seconds("VWORKSPACE_REQUEST_TIMEOUT_SECONDS", 30) * 1000,
    ...readPatience(environment),
    logLevel: readLogLevel(environment),
  };
  if (config.agentToken !== undefined && config.clusterId === undefined) {
    throw new ConfigurationError(
      "VWORKSPACE_AGENT_TOKEN is set without VWORKSPACE_CLUSTER_ID: set the id of the cluster that the token was issued for.",
    );
  }
  return config;
}

function readPayloadProtection(
  environment: Environment,
): Pick<AgentConfig, "requiresSignedPayloads" | "requiresEncryptedPayloads"> {
  return {
    requiresSignedPayloads: readFlag(
      environment,
      "VWORKSPACE_REQUIRE_SIGNED_PAYLOADS",
    ),
    requiresEncryptedPayloads: readFlag(
      environment,
      "VWORKSPACE_REQUIRE_ENCRYPTED_PAYLOADS",
    ),
  };
}

function readEndpoint(environment: Environment): string {
  const text = environment["CONTROL_PLANE_ENDPOINT"] ?? "";
  if (!/^https?:\/\//.test(text) || !URL.canParse(text)) {
    throw new ConfigurationError(
      `CONTROL_PLANE_ENDPOINT is "${text}": give the gateway's URL, for example https://gateway.example.com.`,
    );
  }
  const url = new URL(text);
  if (url.username !== "" || url.password !== "") {
    throw new ConfigurationError(
      "CONTROL_PLANE_ENDPOINT holds a user name or password: give the URL without it.",
    );
  }
  return text.replace(/\/+$/, "").replace(/\/api\/agent$/, "");
}

/** A file that can't be read stops no agent: a mounted Secret may be taken away once its token was used. */
function readRegistrationToken(
  environment: Environment,
): Pick<AgentConfig, "registrationToken" | "unreadableTokenFile"> {
  const token = environment["VWORKSPACE_REGISTRATION_TOKEN"] || undefined;
  const file = environment["VWORKSPACE_REGISTRATION_TOKEN_FILE"] || undefined;
  if (token !== undefined && file !== undefined) {
    throw new ConfigurationError(
      "VWORKSPACE_REGISTRATION_TOKEN and VWORKSPACE_REGISTRATION_TOKEN_FILE are both set: unset one of them.",
    );
  }
  if (file === undefined)
    return {
      registrationToken: () => token,
      unreadableTokenFile: () => undefined,
    };
  return {
    registrationToken: () => readText(file)?.trim() || undefined,
    unreadableTokenFile: () =>
      readText(file) === undefined ? file : undefined,
  };
}

function readText(file: string): string | undefined {
  try {
    return readFileSync(file, "utf8");
  } catch {
    return undefined;
  }
}

function readPatterns(environment: Environment): string[] {
  const patterns = readNames(environment, "VWORKSPACE_NAMESPACE_PATTERNS");
  const wrong = patterns.find((pattern) => !/^[a-z0-9*-]{1,63}$/.test(pattern));
  if (wrong !== undefined) {
    throw new ConfigurationError(
      `VWORKSPACE_NAMESPACE_PATTERNS holds "${wrong}": give namespace names in which * stands for any text, for example shop-*.`,
    );
  }
  return patterns.length === 0 ? ["*"] : patterns;
}

function readKinds(environment: Environment): Kind[] {
  return readNames(environment, "VWORKSPACE_ALLOWED_KINDS").map((name) => {
    const match = /^((?:[a-z0-9.-]+\/)?v[a-z0-9]+)\/([A-Z][A-Za-z0-9]*)$/.exec(
      name,
    );
    if (!match?.[1] || !match[2]) {
      throw new ConfigurationError(
        `VWORKSPACE_ALLOWED_KINDS holds "${name}": give APIVERSION/KIND, for example v1/ConfigMap.`,
      );
    }
    const group = match[1].includes("/") ? match[1].split("/")[0] : "";
    if (FORBIDDEN_GROUPS.includes(group ?? "")) {
      throw new ConfigurationError(
        `VWORKSPACE_ALLOWED_KINDS holds "${name}": jobs never carry kinds of ${group}; remove it.`,
      );
    }
    return { apiVersion: match[1], kind: match[2] };
  });
}

function readNames(environment: Environment, name: string): string[] {
  return (environment[name] ?? "")
    .split(",")
    .map((part) => part.trim())
    .filter((part) => part !== "");
}

function readPollWait(environment: Environment): number {
  const wait = readWholeNumber(environment, "VWORKSPACE_POLL_WAIT_SECONDS", 50);
  if (wait >= 1 && wait <= LIMITS.waitMaxSeconds) return wait;
  throw new ConfigurationError(
    `VWORKSPACE_POLL_WAIT_SECONDS is "${wait}": give 1 to ${LIMITS.waitMaxSeconds}, for example 50.`,
  );
}
