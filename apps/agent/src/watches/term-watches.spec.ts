import { ManualClock } from "@vworkspace/kernel";
import {
  type KubeObject,
  type ListPage,
  type WatchEvent,
  WatchSource,
  type Kind,
} from "@vworkspace/kube";
import { KeptLog } from "../testing/kept-log";
import { settle } from "../testing/settle";
import { ReflectorWatches } from "./reflector-watches";
import { TermWatches } from "./term-watches";
import { HELM_RELEASE } from "./watched-kinds";

/** Releases a and b from the start, and c as soon as `tell` is called. */
class ThreeReleases extends WatchSource {
  tell: () => void = () => undefined;

  override listPage(kind: Kind): Promise<ListPage> {
    const items =
      kind.kind === "HelmRelease" ? [release("a"), release("b")] : [];
    return Promise.resolve({ items, resourceVersion: "5" });
  }

  override async *watch(
    kind: Kind,
    _: unknown,
    signal: AbortSignal,
  ): AsyncGenerator<WatchEvent> {
    const aborted = new Promise<void>((resolve) =>
      signal.addEventListener("abort", () => resolve(), { once: true }),
    );
    if (kind.kind === "HelmRelease") {
      await Promise.race([
        aborted,
        new Promise<void>((resolve) => (this.tell = resolve)),
      ]);
      yield { type: "ADDED", object: release("c") };
    }
    await aborted;
  }
}

function release(name: string): KubeObject {
  const metadata = { name, namespace: "shop", uid: name, resourceVersion: "5" };
  return { ...HELM_RELEASE, metadata };
}

describe("The watches of a term", () => {
  it("tell who listens from the start of all that was there before, once, and nobody after the end", async () => {
    const source = new ThreeReleases();
    const shared = new ReflectorWatches(source, {
      clock: new ManualClock(),
      log: new KeptLog(),
    });
    const stop = new AbortController();
    const running = shared.run(stop.signal);
    await shared.waitForSync();
    await settle();

    const term = new TermWatches(shared);
    const heard: string[] = [];
    term.onChange(HELM_RELEASE, (key) => heard.push(`early ${key}`));
    term.begin();
    term.onChange(HELM_RELEASE, (key) => heard.push(`late ${key}`));
    expect(heard).toEqual(["early shop/a", "early shop/b"]);
    expect(term.objects(HELM_RELEASE).size).toBe(2);

    const other = new TermWatches(shared);
    other.onChange(HELM_RELEASE, (key) => heard.push(`other ${key}`));
    term.end();
    source.tell();
    await settle();
    expect(heard.slice(2)).toEqual(["other shop/c"]);
    stop.abort();
    await running;
  });
});
