import type { KubeApi, KubeObject } from "@vworkspace/kube";
import {
  FIELD_MANAGERS,
  LABELS,
  MANAGED_BY,
  NAMESPACE_OPT_IN_VALUE,
  RELEASE_SERVICE_ACCOUNT,
} from "@vworkspace/resources";
import { namespaceVerdict } from "./namespace.decide";

/** On namespaces that the agent created: there it also sees to the release service account. */
const CREATED_BY = "vworkspace.io/created-by";

export interface NamespaceRules {
  readonly agentNamespace: string;
  readonly patterns: readonly string[];
}

/** Opens namespaces for jobs: checks the opt-in, and creates what doesn't exist and may be created. */
export class Namespaces {
  /** Uids of namespaces whose service account was seen to in this process. */
  private readonly prepared = new Set<string>();

  constructor(
    private readonly api: KubeApi,
    private readonly rules: NamespaceRules,
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
    for (const object of releaseAccount(name))
      await this.api.apply(object, { fieldManager: FIELD_MANAGERS.agent });
    this.prepared.add(uid);
  }
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
