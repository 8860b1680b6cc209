import { DomainError } from "@vworkspace/kernel";
import {
  CAPABILITY_ANNOTATIONS,
  type JsonObject,
  mergePatch,
} from "@vworkspace/resources";
import type { Stores } from "../../database/unit-of-work";
import { ClusterStore } from "../../fleet/clusters/domain/cluster-store";
import { capabilityAnnotations } from "../catalog/domain/capabilities";
import {
  type CatalogEntry,
  CatalogStore,
} from "../catalog/domain/catalog-entry";
import { admitChange, admitNew } from "../instances/instance-admission";
import type { Instance, InstanceIntent } from "../instances/domain/instance";
import { InstanceStore } from "../instances/domain/instance-store";
import type { OperationIntent } from "../operations/domain/operation";
import type { OperationTarget } from "../operations/domain/operation-target";
import { admitOperation } from "../operations/operation-admission";
import { upgradeChanges } from "../operations/domain/upgrade-changes";
import { isEmptyParameter } from "./domain/sequence-parameters";
import type { SequenceDefinition } from "./domain/sequence";
import { type CopyWish, copyWish, sampleScope } from "./domain/sequence-scope";
import {
  allSteps,
  copyStep,
  type SequenceStep,
} from "./domain/sequence-template";
import { type Scope, substitute, substituteFields } from "./domain/substitute";

interface World {
  readonly instance: Instance;
  readonly entry: CatalogEntry;
  readonly scope: Scope;
  readonly copy: OperationTarget | undefined;
}

/**
 * Looks through all steps of a sequence before the first is begun, also through those that undo, so that nothing is refused half
 * way that could have been known: policy, parameters, capabilities, the place of the copy.
 * @returns the names of the steps that somebody has to agree to
 */
export async function admitSequence(
  stores: Stores,
  definition: SequenceDefinition,
  instance: Instance,
): Promise<readonly string[]> {
  const { template, parameters } = definition;
  const entry = await requireEntry(stores, instance);
  const scope = sampleScope(definition, instance);
  const copy = copyStep(template)
    ? await admitCopy(stores, { instance, entry }, copyWish(template, scope))
    : undefined;
  const world = { instance, entry, scope, copy };
  const approvals: string[] = [];
  for (const step of allSteps(template)) {
    const { only, operation } = step;
    const isLeftOut = only !== undefined && isEmptyParameter(parameters, only);
    if (operation === undefined || isLeftOut) continue;
    if (await admitStep(stores, world, step)) approvals.push(step.name);
  }
  return approvals;
}

export async function requireEntry(
  stores: Stores,
  { catalog_entry_id }: Instance,
): Promise<CatalogEntry> {
  const entry = await stores.get(CatalogStore).byId(catalog_entry_id);
  if (!entry)
    throw new DomainError("not_found", "The instance's catalog entry is gone.");
  return entry;
}

/** What the copy becomes: the instance as it is now, suspended, with what its step says otherwise. */
export function copyIntent(
  instance: Instance,
  { namespace, name, valuesPatch, keepsIngress }: CopyWish,
): InstanceIntent {
  const values = JSON.parse(instance.values_json) as JsonObject;
  const { ingress: _ingress, ...others } = instance.integrations;
  return {
    namespace,
    name,
    chart_version: instance.chart_version,
    // Byte for byte where nothing is changed.
    values_json:
      Object.keys(valuesPatch).length === 0
        ? instance.values_json
        : JSON.stringify(mergePatch(values, valuesPatch)),
    values_secret_ref: instance.values_secret_ref,
    integrations: keepsIngress ? instance.integrations : others,
    suspended: true,
  };
}

/** Where the copy goes; the cluster has to be one that takes it. */
export async function requireCopyCluster(
  stores: Stores,
  instance: Instance,
  { cluster: code }: CopyWish,
): Promise<string> {
  if (code === undefined) return instance.cluster_id;
  const cluster = await stores.get(ClusterStore).byCode(code);
  if (!cluster || cluster.state === "revoked")
    throw new DomainError(
      "validation_failed",
      `parameters.cluster is "${code.slice(0, 80)}": ${cluster ? "it is revoked" : "there is no cluster of that code"}; choose another.`,
    );
  return cluster.id;
}

/** An instance that is there already is not taken for a copy. */
export async function requireFreePlace(
  stores: Stores,
  clusterId: string,
  { namespace, name }: CopyWish,
): Promise<void> {
  const place = { clusterId, namespace, name };
  if (!(await stores.get(InstanceStore).lockLiveAt(place))) return;
  throw new DomainError(
    "already_exists",
    `There is an instance ${name} in namespace ${namespace} of that cluster already: choose another namespace or cluster for the copy, or remove that one.`,
  );
}

async function admitCopy(
  stores: Stores,
  { instance, entry }: Pick<World, "instance" | "entry">,
  wish: CopyWish,
): Promise<OperationTarget> {
  const clusterId = await requireCopyCluster(stores, instance, wish);
  await requireFreePlace(stores, clusterId, wish);
  const intent = copyIntent(instance, wish);
  await admitNew(stores, { clusterId, intent, entry });
  const { name, namespace } = wish;
  return { id: "", cluster_id: clusterId, name, namespace, state: "draft" };
}

async function admitStep(
  stores: Stores,
  { instance, entry, scope, copy }: World,
  step: SequenceStep,
): Promise<boolean> {
  const intent = intentOfStep(step, scope);
  const target = step.on === "copy" && copy ? copy : instance;
  try {
    requireCapability(entry, intent);
    await admitUpgrade(stores, { instance, entry }, intent);
    return (await admitOperation(stores, intent, target)).needsApproval;
  } catch (error) {
    if (!(error instanceof DomainError)) throw error;
    const { code, message, details } = error;
    throw new DomainError(code, `Step ${step.name}: ${message}`, {
      ...(details && { details }),
    });
  }
}

/** The operation that a step asks for. */
export function intentOfStep(
  { operation, timeoutSeconds }: SequenceStep,
  scope: Scope,
): OperationIntent {
  if (operation === undefined) throw new Error("The step is no operation.");
  const seconds =
    timeoutSeconds === undefined
      ? undefined
      : substitute(timeoutSeconds, scope);
  return {
    type: operation.type,
    engine: operation.engine,
    parameters_json: JSON.stringify(
      substituteFields(operation.parameters, scope),
    ),
    require_ready: false,
    exclusive: false,
    timeout_seconds: typeof seconds === "number" ? seconds : null,
  };
}

/** Without it the agent would keep the operation waiting, with the application in whatever state it is by then. */
function requireCapability(
  { code, capabilities }: CatalogEntry,
  { type, engine }: OperationIntent,
): void {
  const annotations = capabilityAnnotations(capabilities);
  const engines = CAPABILITY_ANNOTATIONS[type].flatMap(
    (annotation) => annotations[annotation]?.split(",") ?? [],
  );
  if (engines.includes(engine)) return;
  const [annotation = ""] = CAPABILITY_ANNOTATIONS[type];
  const verb = annotation.slice(annotation.indexOf("/") + 1);
  throw new DomainError(
    "validation_failed",
    `Catalog entry ${code} does not name the engine ${engine} for ${verb}: add it to its capabilities, and write to the instance so that its manifest carries it.`,
  );
}

async function admitUpgrade(
  stores: Stores,
  { instance, entry }: Pick<World, "instance" | "entry">,
  { type, engine, parameters_json }: OperationIntent,
): Promise<void> {
  if (type !== "Upgrade" || engine !== "helm") return;
  const changes = upgradeChanges(parameters_json, instance.values_json);
  const intent = { ...instance, ...changes };
  await admitChange(stores, { clusterId: instance.cluster_id, intent, entry });
}
