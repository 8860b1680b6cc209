import fc from "fast-check";
import { keyOf, type KubeObject } from "./kube-object";
import { applyEvent, replaceStore } from "./reflector-store";

function object(name: string, version: number, uid = "u"): KubeObject {
  return {
    apiVersion: "v1",
    kind: "ConfigMap",
    metadata: { name, uid, resourceVersion: String(version) },
  };
}

const listed = fc
  .uniqueArray(
    fc.record({
      name: fc.constantFrom("a", "b", "c", "d", "e"),
      version: fc.integer({ min: 1, max: 3 }),
      uid: fc.constantFrom("u", "v"),
    }),
    { selector: (entry) => entry.name },
  )
  .map((entries) =>
    entries.map(({ name, version, uid }) => object(name, version, uid)),
  );

describe("replaceStore", () => {
  it("makes any store what was listed, and its changes are exactly the difference", () => {
    fc.assert(
      fc.property(listed, listed, (before, after) => {
        const store = new Map(before.map((held) => [keyOf(held), held]));
        const replayed = new Map(store);
        const changes = replaceStore(store, after);
        for (const { key, object: next } of changes)
          if (next === undefined) replayed.delete(key);
          else replayed.set(key, next);
        const wanted = new Map(after.map((held) => [keyOf(held), held]));
        expect(new Map([...store].sort())).toEqual(new Map([...wanted].sort()));
        expect(new Map([...replayed].sort())).toEqual(
          new Map([...wanted].sort()),
        );
        for (const { key, object: next } of changes)
          expect(next).not.toEqual(before.find((held) => keyOf(held) === key));
      }),
    );
  });
});

describe("applyEvent", () => {
  it("keeps the last state of an object, and none after its deletion", () => {
    const store = new Map<string, KubeObject>();
    applyEvent(store, { type: "ADDED", object: object("a", 1) });
    applyEvent(store, { type: "MODIFIED", object: object("a", 2) });
    expect(store.get("a")?.metadata.resourceVersion).toBe("2");
    expect(applyEvent(store, { type: "BOOKMARK", resourceVersion: "9" })).toBe(
      undefined,
    );
    expect(
      applyEvent(store, { type: "DELETED", object: object("a", 3) }),
    ).toEqual({ key: "a", object: undefined });
    expect(store.size).toBe(0);
  });
});
