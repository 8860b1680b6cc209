import {
  type ApplyOptions,
  ConflictError,
  type KubeObject,
} from "@vworkspace/kube";
import { FIELD_MANAGERS } from "@vworkspace/resources";
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

/** Has a field that another manager owns. */
class Conflicting extends MemoryKubeApi {
  readonly forced: boolean[] = [];

  constructor(private readonly manager: string) {
    super();
  }

  override apply<T extends KubeObject>(
    object: T,
    options: ApplyOptions,
  ): Promise<T> {
    this.forced.push(options.force === true);
    if (options.force) return super.apply(object, options);
    const conflict = { manager: this.manager, field: ".spec.suspend" };
    const details = { status: 409, reason: "Conflict" };
    throw new ConflictError("owned", details, [conflict]);
  }
}

describe("DerivedWriter", () => {
  it.each([
    ["takes back what a patch of its own made of a field", "operator", true],
    ["leaves a field to somebody else", "kubectl-edit", false],
  ])("%s", async (_title, who, isTaken) => {
    const manager = who === "operator" ? FIELD_MANAGERS.operator : who;
    const api = new Conflicting(manager);
    const web = instance();
    const { release } = desiredObjects(web, undefined);
    api.put(release);
    const writer = new DerivedWriter(api);
    expect(await writer.apply(web, release)).toBe(isTaken);
    expect(api.forced).toEqual(isTaken ? [false, true] : [false]);
  });

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
