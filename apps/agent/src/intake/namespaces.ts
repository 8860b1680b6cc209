import { type Clock, SystemClock } from "@vworkspace/kernel";
import { type KubeApi, KubeError, type KubeObject } from "@vworkspace/kube";
import {
  FIELD_MANAGERS,
  LABELS,
  MANAGED_BY,
  NAMESPACE_OPT_IN_VALUE,
  OPERATION_RUNNER_SERVICE_ACCOUNT,
  RELEASE_SERVICE_ACCOUNT,
} from "@vworkspace/resources";
import { namespaceBinding } from "../permissions/agent-rbac";
import { namespaceVerdict } from "./namespace.decide";

/** An API server knows a new binding a moment after it stored it. */
const BINDING_COUNTS_WITHIN = { tries: 50, pauseMs: 200 };

/** On namespaces that the agent created: there it also sees to what an opt-in brings. */
const CREATED_BY = "vworkspace.io/created-by";

export interface NamespaceRules {
  readonly agentNamespace: string;
  readonly patterns: readonly string[];
}

/** Opens namespaces for jobs: checks the opt-in, and creates what doesn't exist and may be created. */
export class Namespaces {
  /** Uids of namespaces that were seen to in this process. */
  private readonly prepared = new Set<string>();

  constructor(
    private readonly api: KubeApi,
    private readonly rules: NamespaceRules,
    private readonly clock: Clock = new SystemClock(),
  ) {}

  /** Why the agent may not act in the namespace; undefined where it may. */
  async refusal(name: string): Promise<string | undefined> {
    const namespace = await this.read(name);
    const verdict = namespaceVerdict(name, namespace, this.rules);
    if (verdict.verdict === "closed") return verdict.reason;
    const opened = namespace ?? (await this.create(name));
    await this.prepare(opened);
    return undefined;
  }

  /** Whether the namespace has opted in; a missing one has not, and is not created. */
  async hasOptedIn(name: string): Promise<boolean> {
    const namespace = await this.read(name);
    const label = namespace?.metadata.labels?.[LABELS.namespaceOptIn];
    return label === NAMESPACE_OPT_IN_VALUE;
  }

  private read(name: string): Promise<KubeObject | undefined> {
    return this.api.get({ apiVersion: "v1", kind: "Namespace", name });
  }

  private create(name: string): Promise<KubeObject> {
    return this.api.create(
      {
        apiVersion: "v1",
        kind: "Namespace",
        metadata: {
          name,
          labels: {
            [LABELS.namespaceOptIn]: NAMESPACE_OPT_IN_VALUE,
            [LABELS.managedBy]: MANAGED_BY,
          },
          annotations: { [CREATED_BY]: FIELD_MANAGERS.agent },
        },
      },
      { fieldManager: FIELD_MANAGERS.agent },
    );
  }

  /** Again with every process, because the one that created the namespace may have died right after. */
  private async prepare(namespace: KubeObject): Promise<void> {
    const { name, uid = "", annotations } = namespace.metadata;
    if (annotations?.[CREATED_BY] !== FIELD_MANAGERS.agent) return;
    if (this.prepared.has(uid)) return;
    await this.apply(namespaceBinding(name, this.rules.agentNamespace));
    for (const object of [...releaseAccount(name), operationRunner(name)])
      await this.applyOnceBound(object);
    this.prepared.add(uid);
  }

  /** Its own rights in the namespace come first, and take a moment. */
  private async applyOnceBound(object: KubeObject): Promise<void> {
    const { tries, pauseMs } = BINDING_COUNTS_WITHIN;
    for (let left = tries; ; left -= 1) {
      try {
        return await this.apply(object);
      } catch (error) {
        const isForbidden = error instanceof KubeError && error.status === 403;
        if (!isForbidden || left === 0) throw error;
        await this.clock.sleep(pauseMs);
      }
    }
  }

  private async apply(object: KubeObject): Promise<void> {
    await this.api.apply(object, { fieldManager: FIELD_MANAGERS.agent });
  }
}

/** The service account that operations run under; it has no rights until a person of the cluster gives it some. */
function operationRunner(namespace: string): KubeObject {
  return {
    apiVersion: "v1",
    kind: "ServiceAccount",
    metadata: {
      name: OPERATION_RUNNER_SERVICE_ACCOUNT,
      namespace,
      labels: { [LABELS.managedBy]: MANAGED_BY },
    },
  };
}

/** The service account that Flux uses for releases, and what lets it work in its namespace and nowhere else. */
function releaseAccount(namespace: string): readonly KubeObject[] {
  const metadata = {
    name: RELEASE_SERVICE_ACCOUNT,
    namespace,
    labels: { [LABELS.managedBy]: MANAGED_BY },
  };
  return [
    { apiVersion: "v1", kind: "ServiceAccount", metadata },
    {
      apiVersion: "rbac.authorization.k8s.io/v1",
      kind: "RoleBinding",
      metadata,
      roleRef: {
        apiGroup: "rbac.authorization.k8s.io",
        kind: "ClusterRole",
        name: "admin",
      },
      subjects: [
        { kind: "ServiceAccount", name: RELEASE_SERVICE_ACCOUNT, namespace },
      ],
    },
  ];
}
