import type { KubeObject } from "@vworkspace/kube";
import type { ApplicationInstance } from "@vworkspace/resources";
import type { Action } from "../reconcilers/application-instance/decision";
import { isAsDesired } from "../reconcilers/application-instance/derived-object";
import {
  isIssued,
  secretProblem,
} from "../reconcilers/application-instance/integrations/integration-state.decide";
import {
  type IntegrationsSeen,
  NO_INTEGRATIONS,
} from "../reconcilers/application-instance/integrations/integrations-seen";
import { desiredObjects } from "../reconcilers/application-instance/desired";
import type {
  FluxSource,
  HelmRelease,
} from "../reconcilers/application-instance/flux";
import type { Observation } from "../reconcilers/application-instance/observation";

/** What isn't ours, and lets an instance have what it asks for, or doesn't. */
export interface Surroundings {
  readonly now: number;
  readonly optInMissing?: string;
  readonly forbidden?: string;
  readonly problems: Observation["problems"];
  readonly missingKinds: readonly string[];
  readonly releaseAccount?: NonNullable<Observation["releaseAccount"]>;
  readonly missingValues?: NonNullable<Observation["missingValues"]>;
  /** Changes with the objects that values come from. */
  readonly valuesVersion?: string;
  readonly nameHolder?: string;
  readonly sourceHolder?: string;
  /** Kinds of derived objects of which a person owns a field, and keeps it at the value that is there. */
  readonly ownedByOthers: readonly string[];
  /** The API server refuses every write of derived objects with this. */
  readonly refusal?: string;
  readonly isKindGoing: boolean;
  /** Flux's controllers are at work. */
  readonly hasFlux: boolean;
  /** What the chart source answers instead of the chart. */
  readonly chartProblem?: string;
  /** Installing or upgrading fails. */
  readonly releaseProblem?: string;
  /** Kinds of add-ons that the cluster doesn't serve. */
  readonly missingAddOns?: readonly string[];
  /** Somebody else's object under a name of our integrations, where none of ours is. */
  readonly integrationHolder?: string;
  /** Why no certificate is issued. */
  readonly certificateProblem?: string;
  /** Why no Secret is fetched. */
  readonly secretProblem?: string;
  readonly drifted?: NonNullable<Observation["drifted"]>;
  readonly unreachable?: NonNullable<Observation["unreachable"]>;
}

/** One instance, what was made of it, and what is around it. */
export interface World {
  /** Undefined: it is gone. */
  readonly instance: ApplicationInstance | undefined;
  readonly release?: HelmRelease | undefined;
  /** By kind. */
  readonly sources: Readonly<Record<string, FluxSource>>;
  /** By kind. */
  readonly integrations: Readonly<Record<string, KubeObject>>;
  /** Helm's, of the release. */
  readonly releaseSecrets: number;
  /** As the writer remembers them. */
  readonly fieldConflict?: Observation["fieldConflict"];
  readonly refusedWrite?: string | undefined;
  readonly around: Surroundings;
}

export const COOPERATIVE: Surroundings = {
  now: Date.UTC(2026, 0, 1),
  problems: [],
  missingKinds: [],
  ownedByOthers: [],
  isKindGoing: false,
  hasFlux: true,
};

/** What the observer would see. */
export function observe(world: World, of: ApplicationInstance): Observation {
  const { around } = world;
  const nothing: Observation = {
    instance: of,
    now: around.now,
    problems: around.problems,
    missingKinds: around.missingKinds,
    staleSources: [],
    isSourceAsDesired: false,
    isReleaseAsDesired: false,
    integrations: NO_INTEGRATIONS,
  };
  const { optInMissing } = around;
  if (optInMissing !== undefined) return { ...nothing, optInMissing };
  const { forbidden } = around;
  if (of.metadata.deletionTimestamp !== undefined)
    return { ...nothing, ...(forbidden ? { forbidden } : deletion(world)) };
  const isUnmanaged = around.problems.length > 0 || !of.spec.chart;
  if (isUnmanaged || around.missingKinds.length > 0) return nothing;
  return { ...nothing, ...(forbidden ? { forbidden } : managed(world, of)) };
}

function deletion({
  release,
  sources,
  integrations,
  releaseSecrets,
  around,
}: World): Partial<Observation> {
  const isServed = around.missingKinds.length === 0;
  return {
    ...(release && isServed && { release }),
    staleSources: Object.values(sources),
    integrations: { ...NO_INTEGRATIONS, stale: Object.values(integrations) },
    deletion: { releaseSecrets, isKindGoing: around.isKindGoing },
  };
}

function managed(world: World, of: ApplicationInstance): Partial<Observation> {
  const { release, sources, around } = world;
  const desired = desiredObjects(of, around.valuesVersion);
  const source = sources[desired.source.kind];
  const optional = {
    release,
    source,
    releaseAccount: around.releaseAccount,
    missingValues: around.missingValues,
    nameHolder: release === undefined ? around.nameHolder : undefined,
    sourceHolder: source === undefined ? around.sourceHolder : undefined,
    fieldConflict: world.fieldConflict,
    refusedWrite: world.refusedWrite,
    drifted: around.drifted,
    unreachable: around.unreachable,
  };
  return {
    ...present(optional),
    desired,
    integrations: integrationsOf(world, desired.integrations),
    staleSources: Object.values(sources).filter(
      ({ kind }) => kind !== desired.source.kind,
    ),
    isSourceAsDesired: isAsDesired(source, desired.source),
    isReleaseAsDesired: isAsDesired(release, desired.release),
  };
}

function integrationsOf(
  { integrations, around }: World,
  desired: readonly KubeObject[],
): IntegrationsSeen {
  const wanted = desired.map((object) => {
    const actual = integrations[object.kind];
    const isAsWanted = isAsDesired(actual, object);
    return {
      desired: object,
      isAsDesired: isAsWanted,
      ...(actual && { actual }),
    };
  });
  const kinds = desired.map(({ kind }) => kind);
  const missing = kinds.filter((kind) => around.missingAddOns?.includes(kind));
  const isAbsent = wanted.some(({ actual }) => actual === undefined);
  const holder = isAbsent ? around.integrationHolder : undefined;
  const problem =
    integrations["ExternalSecret"] && kinds.includes("ExternalSecret")
      ? secretProblem(integrations["ExternalSecret"])
      : undefined;
  const certificate = kinds.includes("Certificate")
    ? integrations["Certificate"]
    : undefined;
  const isAwaited = certificate !== undefined && !isIssued(certificate);
  return {
    wanted,
    stale: Object.values(integrations).filter(
      ({ kind }) => !kinds.includes(kind),
    ),
    missingKinds: missing,
    ...(holder !== undefined && { holder }),
    ...(problem && { secret: { problem, message: "not fetched" } }),
    ...(isAwaited && { certificate: { message: "not issued" } }),
  };
}

function present(fields: Partial<Record<keyof Observation, unknown>>) {
  return Object.fromEntries(
    Object.entries(fields).filter(([, value]) => value !== undefined),
  ) as Partial<Observation>;
}

/** What an action leaves behind. */
export function act(world: World, action: Action): World {
  switch (action.do) {
    case "add-finalizer":
      return withFinalizers(world, (list) => [...list, OUR_FINALIZER]);
    case "remove-finalizer":
      return withFinalizers(world, (list) =>
        list.filter((finalizer) => finalizer !== OUR_FINALIZER),
      );
    case "apply":
      return apply(world, action.object, action.force === true);
    case "delete":
      return withDerived(world, action.object.kind, (object) => ({
        ...object,
        metadata: { ...object.metadata, deletionTimestamp: LONG_AGO },
      }));
    case "resume":
      return withDerived(world, action.object.kind, (object) => ({
        ...object,
        metadata: {
          ...object.metadata,
          generation: (object.metadata.generation ?? 0) + 1,
        },
        spec: { ...(object["spec"] as object), suspend: false },
      }));
  }
}

export const OUR_FINALIZER = "apps.vworkspace.io/uninstall";
const LONG_AGO = "2026-01-01T00:00:00Z";

function withFinalizers(
  world: World,
  change: (finalizers: readonly string[]) => string[],
): World {
  const { instance } = world;
  if (instance === undefined) return world;
  const finalizers = change(instance.metadata.finalizers ?? []);
  const { deletionTimestamp } = instance.metadata;
  const isGone = deletionTimestamp !== undefined && finalizers.length === 0;
  const kept = { ...instance, metadata: { ...instance.metadata, finalizers } };
  return { ...world, instance: isGone ? undefined : kept };
}

function apply(world: World, object: KubeObject, isForced: boolean): World {
  const { around } = world;
  const { kind, metadata } = object;
  const name = `${kind} ${metadata.name}`;
  if (around.refusal !== undefined)
    return { ...world, refusedWrite: `${name}: ${around.refusal}` };
  const actual = derivedOf(world, kind);
  if (actual && around.ownedByOthers.includes(kind) && !isForced)
    return {
      ...world,
      refusedWrite: undefined,
      fieldConflict: {
        object: name,
        fields: [{ manager: "kubectl-edit", field: ".spec.interval" }],
      },
    };
  const { fieldConflict, refusedWrite: _, ...rest } = world;
  // A conflict over another object is still one.
  const clean =
    fieldConflict !== undefined && fieldConflict.object !== name
      ? { ...rest, fieldConflict }
      : rest;
  return withDerived(clean, kind, () => overwritten(actual, object));
}

function overwritten(
  actual: KubeObject | undefined,
  object: KubeObject,
): KubeObject {
  const { generation = 0, deletionTimestamp } = actual?.metadata ?? {};
  const isSame =
    JSON.stringify(actual?.["spec"]) === JSON.stringify(object["spec"]);
  return {
    ...actual,
    ...object,
    metadata: {
      ...object.metadata,
      generation: isSame ? generation : generation + 1,
      ...(deletionTimestamp !== undefined && { deletionTimestamp }),
    },
  };
}

/** The derived object of a kind. */
export function derivedOf(
  { release, sources, integrations }: World,
  kind: string,
): KubeObject | undefined {
  return kind === "HelmRelease"
    ? release
    : (sources[kind] ?? integrations[kind]);
}

/** Changes, adds or removes one of the derived objects. */
export function withDerived(
  world: World,
  kind: string,
  change: (object: KubeObject) => KubeObject | undefined,
): World {
  if (kind === "HelmRelease")
    return {
      ...world,
      release: change(world.release ?? NOTHING),
    };
  if (!kind.endsWith("Repository"))
    return {
      ...world,
      integrations: changed(world.integrations, kind, change),
    };
  const { [kind]: old, ...others } = world.sources;
  const next = change(old ?? NOTHING) as FluxSource | undefined;
  return {
    ...world,
    sources: next ? { ...world.sources, [kind]: next } : others,
  };
}

function changed(
  all: World["integrations"],
  kind: string,
  change: (object: KubeObject) => KubeObject | undefined,
): World["integrations"] {
  const { [kind]: old = NOTHING, ...others } = all;
  const next = change(old);
  return next ? { ...all, [kind]: next } : others;
}

const NOTHING: KubeObject = {
  apiVersion: "",
  kind: "",
  metadata: { name: "" },
};
