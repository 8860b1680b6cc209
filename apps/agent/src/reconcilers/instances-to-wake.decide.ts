import type { KubeObject } from "@vworkspace/kube";
import type { ApplicationInstance } from "@vworkspace/resources";
import { integrationObjects } from "./application-instance/integrations/integrations.desired";
import { valueReferences } from "./application-instance/value-references";

/** Instances by `namespace/name`, as a watch has them. */
type Instances = ReadonlyMap<string, KubeObject>;

/**
 * The instances that a ConfigMap or Secret is of interest to: those that take values from it, and of those that are being
 * deleted, or wait for the name of a Helm release, the one whose release it records.
 * @param key `namespace/name` of the object; of a deleted one there is no more than that
 */
export function instancesReading(
  kind: "ConfigMap" | "Secret",
  key: string,
  instances: Instances,
): readonly string[] {
  const [namespace = "", name = ""] = key.split("/");
  const found: string[] = [];
  for (const [instanceKey, object] of instances) {
    if (object.metadata.namespace !== namespace) continue;
    const instance = object as unknown as ApplicationInstance;
    if (isValueOf(instance, kind, name) || isRecordOf(instance, name))
      found.push(instanceKey);
  }
  return found;
}

function isValueOf(
  { spec }: ApplicationInstance,
  kind: string,
  name: string,
): boolean {
  return valueReferences(spec?.values).some(
    (reference) => reference.kind === kind && reference.name === name,
  );
}

function isRecordOf(instance: ApplicationInstance, name: string): boolean {
  const { spec, metadata } = instance;
  const isGoing = metadata.deletionTimestamp !== undefined;
  return (
    (isGoing || isWaitingForName(instance)) &&
    name.startsWith(`sh.helm.release.v1.${spec?.release?.name}.v`)
  );
}

/**
 * The instances of a namespace that another one, or a HelmRelease, kept from their release name: when something of that
 * kind goes, one of them may go on.
 */
export function instancesWaitingForName(
  namespace: string,
  instances: Instances,
): readonly string[] {
  const found: string[] = [];
  for (const [key, object] of instances)
    if (
      object.metadata.namespace === namespace &&
      isWaitingForName(object as unknown as ApplicationInstance)
    )
      found.push(key);
  return found;
}

/** The instances whose integrations want an object of this kind. */
export function instancesAskingFor(
  kind: string,
  instances: Instances,
): readonly string[] {
  return [...instances]
    .filter(([, object]) =>
      integrationObjects(object as unknown as ApplicationInstance).some(
        (wanted) => wanted.kind === kind,
      ),
    )
    .map(([key]) => key);
}

function isWaitingForName({ status }: ApplicationInstance): boolean {
  return (status?.conditions ?? []).some(
    (condition) =>
      condition.type === "Blocked" &&
      condition.status === "True" &&
      condition.reason === "ReleaseNameTaken",
  );
}

/** The instance whose HelmRelease an Event is about; they have the same name. */
export function instanceOfEvent(event: KubeObject | undefined): string {
  const { kind, namespace, name } = (event?.["involvedObject"] ?? {}) as {
    kind?: string;
    namespace?: string;
    name?: string;
  };
  return kind === "HelmRelease" ? `${namespace}/${name}` : "";
}
