import type { KubeObject } from "@vworkspace/kube";
import type { ApplicationInstance } from "@vworkspace/resources";
import { derivedOf, type World, withDerived } from "./model-world";

/** What people and other programs do to the derived objects. */
export const MEDDLINGS = [
  "changes the release",
  "owns a field of the release",
  "owns a field of the source",
  "deletes the release",
  "removes the release at once",
  "removes the sources at once",
  "deletes the sources",
  "wipes the status",
  "leaves a source of the other type",
  "changes the integrations",
  "removes the integrations at once",
  "deletes the integrations",
] as const;

export type Meddling = (typeof MEDDLINGS)[number];

/** What each meddling makes of a world. */
const MEDDLE: Readonly<Record<Meddling, (world: World) => World>> = {
  "changes the release": (world) => edited(world, "HelmRelease"),
  "owns a field of the release": (world) => owned(world, "HelmRelease"),
  "owns a field of the source": (world) =>
    Object.keys(world.sources).reduce(owned, world),
  "deletes the release": (world) =>
    world.release ? withDerived(world, "HelmRelease", going) : world,
  "removes the release at once": (world) => ({ ...world, release: undefined }),
  "removes the sources at once": (world) => ({ ...world, sources: {} }),
  "deletes the sources": (world) =>
    Object.keys(world.sources).reduce(
      (next, kind) => withDerived(next, kind, going),
      world,
    ),
  "wipes the status": (world) => ({
    ...world,
    instance: world.instance && withoutStatus(world.instance),
  }),
  "leaves a source of the other type": withOtherSource,
  "changes the integrations": (world) =>
    Object.keys(world.integrations).reduce(edited, world),
  "removes the integrations at once": (world) => ({
    ...world,
    integrations: {},
  }),
  "deletes the integrations": (world) =>
    Object.keys(world.integrations).reduce(
      (next, kind) => withDerived(next, kind, going),
      world,
    ),
};

/** @returns the world after somebody has changed something of ours */
export function meddled(world: World, meddling: Meddling): World {
  return MEDDLE[meddling](world);
}

/** A person's change that the person holds on to. */
function owned(world: World, kind: string): World {
  const { ownedByOthers } = world.around;
  return {
    ...edited(world, kind),
    around: { ...world.around, ownedByOthers: [...ownedByOthers, kind] },
  };
}

/** One of them is a field of ours in any kind. */
const BY_HAND = {
  interval: "99m",
  rules: [],
  dnsNames: ["hand.example.com"],
  target: { name: "by-hand" },
};

/** A person's change of a field that we write. */
function edited(world: World, kind: string): World {
  if (derivedOf(world, kind) === undefined) return world;
  return withDerived(world, kind, (object) => ({
    ...object,
    metadata: {
      ...object.metadata,
      generation: (object.metadata.generation ?? 0) + 1,
    },
    spec: { ...(object["spec"] as object), ...BY_HAND },
  }));
}

function going(object: KubeObject): KubeObject {
  const deletionTimestamp = "2026-01-01T00:00:00Z";
  return { ...object, metadata: { ...object.metadata, deletionTimestamp } };
}

function withoutStatus({ status: _, ...rest }: ApplicationInstance) {
  return rest;
}

function withOtherSource(world: World): World {
  const [known] = Object.values(world.sources);
  if (known === undefined) return world;
  const kind =
    known.kind === "OCIRepository" ? "HelmRepository" : "OCIRepository";
  return withDerived(world, kind, () => ({ ...known, kind }));
}
