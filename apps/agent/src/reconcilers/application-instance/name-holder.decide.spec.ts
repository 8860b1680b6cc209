import fc from "fast-check";
import { instance } from "../../testing/flux-objects";
import { desiredObjects } from "./desired";
import type { HelmRelease } from "./flux";
import { nameHolder } from "./name-holder.decide";

/** An instance that claims a release name, created in a second of the year's first minute. */
function claimant(name: string, second: number) {
  return instance(
    { release: { name: "web", namespace: "shop" } },
    {
      name,
      uid: `u-${name}`,
      creationTimestamp: `2026-01-01T00:00:0${second}Z`,
    },
  );
}

describe("Who holds a release name", () => {
  const web = instance();
  const ours = desiredObjects(web, undefined).release as HelmRelease;
  const claim = (over: Partial<Parameters<typeof nameHolder>[0]>) =>
    nameHolder({
      instance: web,
      sameName: undefined,
      releases: [],
      instances: [],
      hasHelmRelease: false,
      ...over,
    });
  const foreign = (name: string, spec: object = {}): HelmRelease => ({
    ...ours,
    metadata: { name, namespace: "shop" },
    spec,
  });
  const rival = (createdAt: string) =>
    instance({}, { name: "web2", uid: "u-2", creationTimestamp: createdAt });
  const adopting = instance(
    {},
    { annotations: { "vworkspace.io/adopt": "true" } },
  );
  const known = instance(
    {},
    {},
    {
      helmReleaseRef: { name: "web", namespace: "shop" },
    },
  );

  it.each([
    ["nobody", {}, undefined],
    ["we ourselves", { sameName: ours, hasHelmRelease: true }, undefined],
    ["a Helm release of others", { hasHelmRelease: true }, "not ours"],
    [
      "a Helm release of others that we adopt",
      { hasHelmRelease: true, instance: adopting },
      undefined,
    ],
    [
      "our own release whose HelmRelease was deleted by hand",
      { hasHelmRelease: true, instance: known },
      undefined,
    ],
    ["a HelmRelease under our name", { sameName: foreign("web") }, "web"],
    [
      "another HelmRelease with the release name",
      { releases: [foreign("x", { releaseName: "web" })] },
      "shop/x",
    ],
    [
      "another HelmRelease, whatever adopt says",
      {
        releases: [foreign("x", { releaseName: "web" })],
        instance: adopting,
      },
      "shop/x",
    ],
    [
      "a HelmRelease that stores its release elsewhere",
      {
        releases: [
          foreign("x", { releaseName: "web", storageNamespace: "crm" }),
        ],
      },
      undefined,
    ],
    [
      "an older instance",
      { instances: [rival("2025-12-31T00:00:00Z")] },
      "web2",
    ],
    [
      "a younger instance",
      { instances: [rival("2026-01-02T00:00:00Z")] },
      undefined,
    ],
  ])("%s", (_, over, named) => {
    const holder = claim(over);
    if (named === undefined) expect(holder).toBe(undefined);
    else expect(holder).toContain(named);
  });

  it("of several instances always exactly one, the oldest, whoever asks", () => {
    const seconds = fc.array(fc.integer({ min: 0, max: 9 }), {
      minLength: 2,
      maxLength: 4,
    });
    fc.assert(
      fc.property(seconds, (some) => {
        const instances = some.map((second, index) =>
          claimant(`i${index}`, second),
        );
        const free = instances.filter(
          (one) => claim({ instance: one, instances }) === undefined,
        );
        expect(free).toHaveLength(1);
        const oldest = Math.min(...some);
        expect(free[0]?.metadata.creationTimestamp).toBe(
          `2026-01-01T00:00:0${oldest}Z`,
        );
      }),
    );
  });

  it("of several instances always exactly one, and of those that have a HelmRelease if any has, in whatever order they were made", () => {
    const claimants = fc.array(
      fc.record({
        second: fc.integer({ min: 0, max: 2 }),
        hasRelease: fc.boolean(),
      }),
      { minLength: 2, maxLength: 4 },
    );
    fc.assert(
      fc.property(claimants, (some) => {
        const all = some.map(({ second, hasRelease }, index) => {
          const one = claimant(`i${index}`, second);
          const { release } = desiredObjects(one, undefined);
          return { one, release: hasRelease ? release : undefined };
        });
        const instances = all.map(({ one }) => one);
        const releases = all.flatMap(
          ({ release }) => (release as HelmRelease | undefined) ?? [],
        );
        const free = all.filter(
          ({ one, release }) =>
            claim({
              instance: one,
              instances,
              releases,
              sameName: release,
              hasHelmRelease: release !== undefined,
            }) === undefined,
        );
        expect(free).toHaveLength(1);
        expect(free[0]?.release !== undefined).toBe(releases.length > 0);
      }),
    );
  });

  it("a HelmRelease of an instance that is no more", () => {
    const gone = claimant("gone", 0);
    const { release } = desiredObjects(gone, undefined);
    expect(claim({ releases: [release as HelmRelease] })).toContain(
      "HelmRelease shop/gone",
    );
  });
});
