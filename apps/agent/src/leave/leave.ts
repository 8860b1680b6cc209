import { type Clock, DomainError } from "@vworkspace/kernel";
import {
  type Kind,
  KindMissingError,
  type KubeApi,
  type KubeObject,
  type ObjectRef,
  refOf,
} from "@vworkspace/kube";
import {
  AGENT_NAMESPACE_ROLE,
  admissionPolicies,
  ANNOTATIONS,
  APPLICATION_INSTANCE,
  CLUSTER,
  customResourceDefinitions,
  OPERATION,
} from "@vworkspace/resources";
import { agentRbac } from "../permissions/agent-rbac";
import { CUSTOM_RESOURCE_DEFINITION } from "../watches/watched-kinds";

const MANAGER = { fieldManager: "vworkspace-install" };
const RBAC = "rbac.authorization.k8s.io/v1";
const LOOK_MS = 200;
const GONE_MS = 60_000;

/** What leave() takes away and what it leaves, for whoever is asked beforehand. */
export function leavePlan(agentNamespace: string): readonly string[] {
  return [
    "all ApplicationInstances, Operations and the Cluster object, with their CustomResourceDefinitions",
    "the agent's roles, its bindings in every namespace, and the admission policies",
    `the namespace ${agentNamespace}, with the agent and its credential`,
  ];
}

export interface LeaveOptions {
  readonly agentNamespace: string;
  readonly clock: Clock;
}

/**
 * Takes the product out of a cluster and touches no application: Helm releases, Flux's objects, and the service account that
 * they are installed under, stay. It wants the rights of an administrator, and may be run again wherever it stopped.
 *
 * @throws KubeError as the API server says; DomainError `unavailable` naming what does not end
 */
export async function leave(
  api: KubeApi,
  { agentNamespace, clock }: LeaveOptions,
): Promise<void> {
  const roles = agentRbac([], agentNamespace).map(({ manifest }) => manifest);
  // The agent's rights first: one that still runs puts no finalizer back and uninstalls nothing.
  for (const binding of roles.filter(({ kind }) => kind.endsWith("Binding")))
    await api.delete(refOf(binding));
  await removeNamespaceBindings(api);
  await releaseObjects(api);
  await removeDefinitions(api, clock);
  for (const object of [...policies(), ...roles])
    await api.delete(refOf(object));
  const namespace = {
    apiVersion: "v1",
    kind: "Namespace",
    name: agentNamespace,
  };
  await api.delete(namespace);
  await untilGone(api, namespace, clock);
}

async function removeNamespaceBindings(api: KubeApi): Promise<void> {
  const all = await api.list<
    KubeObject & { readonly roleRef?: { readonly name?: string } }
  >({ apiVersion: RBAC, kind: "RoleBinding" });
  for (const binding of all)
    if (binding.roleRef?.name === AGENT_NAMESPACE_ROLE)
      await api.delete(refOf(binding));
}

/** Without finalizers nothing waits for an agent; Orphan, so that one that runs somewhere all the same uninstalls nothing. */
async function releaseObjects(api: KubeApi): Promise<void> {
  for (const kind of [APPLICATION_INSTANCE, OPERATION, CLUSTER])
    for (const object of await listServed(api, kind)) {
      const orphan =
        kind === APPLICATION_INSTANCE
          ? { spec: { deletionPolicy: "Orphan" } }
          : {};
      const patch = { metadata: { finalizers: null }, ...orphan };
      await api.patch(refOf(object), patch, MANAGER);
    }
}

async function listServed(
  api: KubeApi,
  kind: Kind,
): Promise<readonly KubeObject[]> {
  try {
    return await api.list(kind);
  } catch (error) {
    if (error instanceof KindMissingError) return [];
    throw error;
  }
}

async function removeDefinitions(api: KubeApi, clock: Clock): Promise<void> {
  const refs = customResourceDefinitions().map(({ manifest }) => ({
    ...CUSTOM_RESOURCE_DEFINITION,
    name: (manifest as KubeObject).metadata.name,
  }));
  for (const ref of refs) {
    if ((await api.get(ref)) === undefined) continue;
    const annotations = { [ANNOTATIONS.allowDelete]: "true" };
    await api.patch(ref, { metadata: { annotations } }, MANAGER);
    await api.delete(ref);
  }
  for (const ref of refs) await untilGone(api, ref, clock);
}

function policies(): readonly KubeObject[] {
  return admissionPolicies()
    .flatMap(({ manifests }) => manifests)
    .map((manifest) => manifest as unknown as KubeObject)
    .reverse();
}

/** What is still being deleted would swallow what the next install applies under its name. */
async function untilGone(
  api: KubeApi,
  ref: ObjectRef,
  clock: Clock,
): Promise<void> {
  const until = clock.now() + GONE_MS;
  while ((await api.get(ref)) !== undefined) {
    if (clock.now() > until)
      throw new DomainError(
        "unavailable",
        `${ref.kind} ${ref.name} is marked for deletion and still there: see what holds it, and run this again.`,
      );
    await clock.sleep(LOOK_MS);
  }
}
