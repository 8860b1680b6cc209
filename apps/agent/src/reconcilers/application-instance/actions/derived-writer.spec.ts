import type { ApplyOptions, KubeObject } from "@vworkspace/kube";
import { instance } from "../../../testing/flux-objects";
import { MemoryKubeApi } from "../../../testing/memory-kube-api";
import { desiredObjects } from "../desired";
import { DerivedWriter } from "./derived-writer";

/** Remembers by which applies others were to lose their fields. */
class ForceCounting extends MemoryKubeApi {
  readonly forced: boolean[] = [];

  override apply<T extends KubeObject>(
    object: T,
    options: ApplyOptions,
  ): Promise<T> {
    this.forced.push(options.force === true);
    return super.apply(object, options);
  }
}

describe("DerivedWriter", () => {
  it("takes fields from others in the moment of adoption, and not ever after", async () => {
    const api = new ForceCounting();
    const writer = new DerivedWriter(api);
    const adopting = instance(
      {},
      { annotations: { "vworkspace.io/adopt": "true" } },
    );
    const { release } = desiredObjects(adopting, undefined);
    const theirs = { ...release, metadata: { name: "web", namespace: "shop" } };
    api.put(theirs);
    await writer.apply(adopting, release);
    await writer.apply(adopting, release);
    expect(api.forced).toEqual([true, false]);
  });

  it("leaves what is theirs alone without being told to adopt it", async () => {
    const api = new ForceCounting();
    const web = instance();
    const { release } = desiredObjects(web, undefined);
    api.put({ ...release, metadata: { name: "web", namespace: "shop" } });
    expect(await new DerivedWriter(api).apply(web, release)).toBe(true);
    expect(api.forced).toEqual([]);
  });
});
