import fc from "fast-check";
import { instance } from "./flux-objects";
import { meddled, MEDDLINGS, type Meddling } from "./model-meddling";
import { look, othersRound, run } from "./model-run";
import {
  COOPERATIVE,
  OUR_FINALIZER,
  type Surroundings,
  type World,
} from "./model-world";

type IntegrationChoice =
  "none" | "ingress" | "secret" | "all" | "all of another host";

/** The parts of a spec that lead to different decisions. */
const PARTS = {
  sourceType: fc.constantFrom("oci", "helm"),
  version: fc.constantFrom("1.2.3", "1.3.0", "2.0.0+b1"),
  replicas: fc.integer({ min: 1, max: 2 }),
  hasExtraValue: fc.boolean(),
  suspend: fc.boolean(),
  drift: fc.constantFrom("enabled", "warn", "disabled"),
  deletionPolicy: fc.constantFrom("Delete", "Orphan"),
  hasWindow: fc.boolean(),
  rollbackOnFailure: fc.boolean(),
  hasProbe: fc.boolean(),
  integrations: fc.constantFrom<IntegrationChoice>(
    "none",
    "ingress",
    "secret",
    "all",
    "all of another host",
  ),
};

export const specs = fc.record(PARTS, {
  requiredKeys: ["sourceType", "version", "replicas"],
});

export type SpecChoice = typeof specs extends fc.Arbitrary<infer T> ? T : never;

/** What one change of a spec changes: mostly one field, since what hides behind another change would never be seen. */
const changes: fc.Arbitrary<Partial<SpecChoice>> = fc.oneof(
  specs,
  fc.constant({}),
  fc.record({ sourceType: PARTS.sourceType, version: PARTS.version }),
  fc.record({ version: PARTS.version }),
  fc.record({ replicas: PARTS.replicas }),
  fc.record({ suspend: PARTS.suspend }),
  fc.record({ hasExtraValue: PARTS.hasExtraValue }),
  fc.record({ integrations: PARTS.integrations }),
  fc.record({ integrations: PARTS.integrations, replicas: PARTS.replicas }),
);

/** Saturdays from two to three, UTC. */
export const WINDOW = { cron: "0 2 * * 6", durationMinutes: 60 };

const EXTERNAL_SECRETS = {
  enabled: true,
  secretStoreRef: { name: "vault" },
  data: [{ secretKey: "k", remoteRef: { key: "web" } }],
};

const INTEGRATIONS: Readonly<Record<IntegrationChoice, object>> = {
  none: {},
  ingress: { ingress: { enabled: true, host: "web.example.com" } },
  secret: { externalSecrets: EXTERNAL_SECRETS },
  all: allOf("web.example.com"),
  "all of another host": allOf("shop.example.com"),
};

function allOf(host: string) {
  return {
    externalSecrets: EXTERNAL_SECRETS,
    certManager: { enabled: true, issuerRef: { name: "ca" } },
    ingress: { enabled: true, host },
  };
}

export function specOf(choice: SpecChoice): Record<string, unknown> {
  const { sourceType, version } = choice;
  const { replicas } = choice;
  // A value that is no longer wanted shows in nothing but the digest of what is.
  const inline = choice.hasExtraValue ? { replicas, extra: 1 } : { replicas };
  const url =
    sourceType === "oci" ? "oci://r.example.com" : "https://c.example.com";
  return {
    chart: { sourceType, version, url, name: "podinfo" },
    values: { source: "inline", inline },
    integrations: INTEGRATIONS[choice.integrations ?? "none"],
    suspend: choice.suspend ?? false,
    ...(choice.drift && { drift: { mode: choice.drift } }),
    ...(choice.deletionPolicy && { deletionPolicy: choice.deletionPolicy }),
    policy: {
      ...(choice.hasWindow && { maintenanceWindows: [WINDOW] }),
      rollbackOnFailure: choice.rollbackOnFailure ?? false,
    },
    ...(choice.hasProbe && {
      probes: [{ name: "web", type: "tcp", service: "web", port: 80 }],
    }),
  };
}

/** Between two windows and within one. */
const times = fc.integer({
  min: Date.UTC(2026, 0, 2),
  max: Date.UTC(2026, 0, 5),
});

/** Everything that may stand in the way; each is there in a fifth of the worlds. */
export const hindrances: fc.Arbitrary<Partial<Surroundings>> = fc.record(
  {
    forbidden: fc.constant("may not read secrets"),
    optInMissing: fc.constant("namespace shop has not opted in"),
    problems: fc.constant([{ field: "spec", message: "spec is wrong" }]),
    missingKinds: fc.constant(["HelmRelease (v2)"]),
    releaseAccount: fc.record({
      name: fc.constant("vworkspace-release"),
      problem: fc.constantFrom("missing", "not-allowed"),
    }),
    missingValues: fc.record({
      kind: fc.constantFrom("ConfigMap", "Secret"),
      what: fc.constant("Secret v, key k"),
    }),
    nameHolder: fc.constant("HelmRelease shop/other"),
    sourceHolder: fc.constant("OCIRepository web"),
    refusal: fc.constant("denied by a policy"),
    chartProblem: fc.constantFrom(
      "no such host",
      "401 Unauthorized",
      "NAME_UNKNOWN",
    ),
    releaseProblem: fc.constant("a pod crashed"),
    hasFlux: fc.constant(false),
    missingAddOns: fc.constant(["Certificate", "ExternalSecret"]),
    integrationHolder: fc.constant("Ingress web-vworkspace"),
    certificateProblem: fc.constant("the order is pending"),
    secretProblem: fc.constant("no such key"),
  },
  { requiredKeys: [] },
);

const meddlings = fc.array(fc.constantFrom(...MEDDLINGS), { maxLength: 2 });

/** A spec, and how far it was carried out: by so many looks of ours (true) and rounds of Flux. */
interface Stage {
  readonly spec: SpecChoice;
  readonly turns: readonly boolean[];
}

const stages = fc.record({
  change: changes,
  turns: fc.oneof(
    fc.array(fc.boolean(), { maxLength: 12 }),
    fc.constant(Array.from({ length: 12 }, (_, turn) => turn % 2 === 0)),
  ),
});

export interface WorldChoice {
  readonly finalizers: readonly string[];
  readonly past: readonly Stage[];
  readonly now: SpecChoice;
  readonly meddlings: readonly Meddling[];
  readonly hindrances: Partial<Surroundings>;
  readonly time: number;
  readonly values: string | undefined;
  readonly isDeleting: boolean;
  readonly isKindGoing: boolean;
}

/** Worlds in every state that an instance can be left in. */
export const worldChoices: fc.Arbitrary<WorldChoice> = fc
  .record({
    base: specs,
    finalizers: fc.constantFrom([], ["somebody/else"]),
    past: fc.array(stages, { maxLength: 2 }),
    now: changes,
    meddlings,
    hindrances: fc.oneof(
      { weight: 2, arbitrary: fc.constant({}) },
      { weight: 3, arbitrary: hindrances },
    ),
    time: times,
    values: fc.constantFrom(undefined, "v1", "v2"),
    isDeleting: fc.boolean(),
    isKindGoing: fc.integer({ min: 0, max: 9 }).map((one) => one === 0),
  })
  .map(({ base, past, now, ...rest }) => {
    let spec = base;
    const lived = past.map(({ change, turns }) => {
      spec = { ...spec, ...change };
      return { spec, turns };
    });
    return { ...rest, past: lived, now: { ...spec, ...now } };
  });

/** The world of a choice: what came before is really run, then spec and surroundings change. */
export function worldOf(choice: WorldChoice): World {
  const { past, now, meddlings: some, finalizers } = choice;
  const start = freshWorld(past[0]?.spec ?? now, choice.time, finalizers);
  let world = past.reduce(lived, start);
  world = some.reduce(meddled, world);
  if (past.length > 0) world = nextGeneration(world, now);
  if (choice.isDeleting) world = deleted(world);
  const around = {
    ...world.around,
    ...choice.hindrances,
    isKindGoing: choice.isKindGoing,
    ...(choice.values !== undefined && { valuesVersion: choice.values }),
  };
  return { ...world, around };
}

/** An instance that nobody has looked at yet. */
function freshWorld(
  spec: SpecChoice,
  now: number,
  finalizers: readonly string[] = [],
): World {
  return {
    instance: instance(specOf(spec), { finalizers: [...finalizers] }),
    sources: {},
    integrations: {},
    releaseSecrets: 0,
    around: { ...COOPERATIVE, now },
  };
}

function lived(world: World, { spec, turns }: Stage): World {
  return turns.reduce<World>(
    (now, isOurs) => (isOurs ? look(now).after : othersRound(now)),
    nextGeneration(world, spec),
  );
}

/** The world in which the spec of an instance has been carried out whole. */
export function settledWorld(spec: SpecChoice, time: number): World {
  const start = freshWorld({ ...spec, suspend: false }, time);
  return run(start, MOST_LOOKS).end;
}

/** What has been carried out whole, then changed by little, and meddled with at most once. */
export const changedWorlds: fc.Arbitrary<World> = fc
  .record({
    spec: specs,
    change: changes,
    time: times,
    meddling: fc.option(fc.constantFrom(...MEDDLINGS), { nil: undefined }),
  })
  .map(({ spec, change, time, meddling }) => {
    const old = settledWorld(spec, time);
    const changed = nextGeneration(old, { ...spec, suspend: false, ...change });
    return meddling === undefined ? changed : meddled(changed, meddling);
  });

/** More looks than any world needs. */
export const MOST_LOOKS = 60;

/** The next generation of an instance, whose spec is this one. */
export function nextGeneration(
  { instance: old, ...rest }: World,
  choice: SpecChoice,
): World {
  if (old === undefined) return { instance: old, ...rest };
  const generation = (old.metadata.generation ?? 0) + 1;
  const { spec } = instance(specOf(choice));
  const metadata = { ...old.metadata, generation };
  return { ...rest, instance: { ...old, metadata, spec } };
}

/** Deleted by somebody; without our finalizer it would be gone already. */
function deleted({ instance: old, ...rest }: World): World {
  if (!old?.metadata.finalizers?.includes(OUR_FINALIZER))
    return { instance: old, ...rest };
  const metadata = {
    ...old.metadata,
    deletionTimestamp: "2026-01-01T00:00:00Z",
  };
  return { ...rest, instance: { ...old, metadata } };
}
