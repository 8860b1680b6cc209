import { ManualClock } from "@vworkspace/kernel";
import {
  type Kind,
  KindMissingError,
  KubeError,
  type KubeObject,
  type ListPage,
  type Selection,
  type WatchEvent,
  WatchSource,
} from "@vworkspace/kube";
import { APPLICATION_INSTANCE } from "@vworkspace/resources";
import { KeptLog } from "../testing/kept-log";
import { settle } from "../testing/settle";
import { ReflectorWatches } from "./reflector-watches";
import {
  CUSTOM_RESOURCE_DEFINITION,
  HELM_RELEASE,
  HTTP_ROUTE,
  INGRESS,
  NAMESPACE,
  OWN_INGRESS,
  SECRET,
} from "./watched-kinds";

interface OpenWatch {
  readonly kind: Kind;
  readonly selection: Selection;
  readonly push: (event: WatchEvent) => void;
}

/** An API server of which only what matters here is there: some objects, kinds that are missing, and denials. */
class ScriptedSource extends WatchSource {
  readonly missing = new Set<string>();
  /** `Kind` or `Kind/namespace`. */
  readonly denied = new Set<string>();
  /** Kinds that can't be listed, for whatever other reason. */
  readonly broken = new Set<string>();
  readonly lists: string[] = [];
  readonly open = new Set<OpenWatch>();
  private readonly objects = new Map<string, KubeObject>();
  private version = 1;

  put(kind: Kind, metadata: KubeObject["metadata"], rest = {}): void {
    const resourceVersion = String((this.version += 1));
    const object = {
      ...kind,
      metadata: { ...metadata, resourceVersion },
      ...rest,
    };
    this.objects.set(
      `${kind.kind}/${metadata.namespace}/${metadata.name}`,
      object,
    );
    this.tell({ type: "ADDED", object }, kind);
  }

  remove(kind: Kind, metadata: KubeObject["metadata"]): void {
    this.objects.delete(`${kind.kind}/${metadata.namespace}/${metadata.name}`);
    const resourceVersion = String((this.version += 1));
    const object = { ...kind, metadata: { ...metadata, resourceVersion } };
    this.tell({ type: "DELETED", object }, kind);
  }

  override async listPage(kind: Kind, page: Selection): Promise<ListPage> {
    await Promise.resolve();
    this.lists.push(this.nameOf(kind, page));
    this.refuse(kind, page);
    const items = [...this.objects.values()].filter(
      (object) =>
        object.kind === kind.kind &&
        (page.namespace ?? object.metadata.namespace) ===
          object.metadata.namespace,
    );
    return { items, resourceVersion: String(this.version) };
  }

  override async *watch(
    kind: Kind,
    selection: Selection,
    signal: AbortSignal,
  ): AsyncGenerator<WatchEvent> {
    this.refuse(kind, selection);
    const held: WatchEvent[] = [];
    let wake = () => undefined as void;
    const watch = {
      kind,
      selection,
      push: (event: WatchEvent) => {
        held.push(event);
        wake();
      },
    };
    this.open.add(watch);
    signal.addEventListener("abort", () => wake(), { once: true });
    while (!signal.aborted) {
      const event = held.shift();
      if (event !== undefined) yield event;
      else await new Promise<void>((resolve) => (wake = resolve));
    }
    this.open.delete(watch);
  }

  private tell(event: WatchEvent, kind: Kind): void {
    if (event.type === "BOOKMARK") return;
    const { namespace } = event.object.metadata;
    for (const watch of this.open)
      if (
        watch.kind.kind === kind.kind &&
        (watch.selection.namespace ?? namespace) === namespace
      )
        watch.push(event);
  }

  private refuse(kind: Kind, selection: Selection): void {
    if (this.missing.has(kind.kind))
      throw new KindMissingError("?", { status: 404, reason: "NotFound" });
    if (this.broken.has(kind.kind))
      throw new KubeError("no webhook", { status: 500, reason: "?" });
    if (
      this.denied.has(kind.kind) ||
      this.denied.has(this.nameOf(kind, selection))
    )
      throw new KubeError("?", { status: 403, reason: "Forbidden" });
  }

  private nameOf(kind: Kind, { namespace }: Selection): string {
    return namespace === undefined ? kind.kind : `${kind.kind}/${namespace}`;
  }
}

async function setUp(prepare: (source: ScriptedSource) => void) {
  const source = new ScriptedSource();
  prepare(source);
  const clock = new ManualClock();
  const log = new KeptLog();
  const watches = new ReflectorWatches(source, {
    clock,
    log,
    random: () => 0.5,
  });
  const stop = new AbortController();
  const running = watches.run(stop.signal);
  await watches.waitForSync();
  await settle();
  const end = async () => {
    stop.abort();
    await running;
  };
  const secretLists = () =>
    source.lists.filter((name) => name.startsWith("Secret/"));
  return { source, clock, log, watches, end, secretLists };
}

const shop = { name: "shop" };
const secret = (namespace: string) => ({ namespace, name: "db" });

describe("The watches", () => {
  it.each([
    [HTTP_ROUTE, true],
    [HELM_RELEASE, false],
  ])(
    "when $kind can't be listed: that reconciling begins without it after a while is %s",
    async (kind, begins) => {
      const source = new ScriptedSource();
      source.broken.add(kind.kind);
      const clock = new ManualClock();
      const log = new KeptLog();
      const watches = new ReflectorWatches(source, { clock, log });
      const stop = new AbortController();
      const running = watches.run(stop.signal);
      let isSynced = false;
      const waiting = watches.waitForSync().then(() => (isSynced = true));
      await settle();
      expect(isSynced).toBe(false);
      for (let second = 0; second < 60; second += 1) {
        await clock.advance(1_000);
        await settle(3);
      }
      expect(isSynced).toBe(begins);
      expect(log.text.includes("Going on without")).toBe(begins);
      expect(watches.hasSynced(kind)).toBe(false);
      stop.abort();
      await running;
      await waiting;
    },
  );

  it("tell now and then of every resource of ours, and of nothing else", async () => {
    const { source, watches, clock, end } = await setUp((prepared) => {
      prepared.put(NAMESPACE, shop);
    });
    const told: string[] = [];
    for (const kind of [APPLICATION_INSTANCE, HELM_RELEASE, SECRET])
      watches.onChange(kind, () => told.push(kind.kind));
    for (const kind of [APPLICATION_INSTANCE, HELM_RELEASE, SECRET])
      source.put(kind, secret("shop"));
    await settle();
    told.length = 0;
    await clock.advance(660_000);
    await settle();
    expect(told).toEqual(["ApplicationInstance"]);
    await end();
  });

  it("follow Secrets in namespaces that opted in alone, and leave with the label", async () => {
    const { source, watches, end, secretLists } = await setUp((prepared) => {
      prepared.put(NAMESPACE, shop);
      prepared.put(SECRET, secret("shop"));
      prepared.put(SECRET, secret("foreign"));
    });
    const seen: string[] = [];
    watches.onChange(SECRET, (key, object) =>
      seen.push(`${object ? "+" : "-"}${key}`),
    );
    expect([...watches.objects(SECRET).keys()]).toEqual(["shop/db"]);
    expect(watches.hasSynced(SECRET)).toBe(true);
    source.put(NAMESPACE, { name: "late" });
    await settle();
    source.put(SECRET, secret("late"));
    await settle();
    expect(secretLists()).toEqual(["Secret/shop", "Secret/late"]);
    source.remove(NAMESPACE, shop);
    await settle();
    expect([...watches.objects(SECRET).keys()]).toEqual(["late/db"]);
    source.put(SECRET, secret("shop"));
    await settle();
    expect(seen).toEqual(["+late/db", "-shop/db"]);
    await end();
    expect(source.open.size).toBe(0);
  });

  it("see the Ingresses of releases and those of instances apart, and nobody else's", async () => {
    const { source, watches, end } = await setUp(() => undefined);
    const selectors = [...source.open]
      .filter(({ kind }) => kind.kind === "Ingress")
      .map(({ selection }) => selection.labelSelector);
    expect(selectors.sort()).toEqual([
      "app.vworkspace.io/application-instance",
      "helm.toolkit.fluxcd.io/name",
    ]);
    const told: string[] = [];
    watches.onChange(INGRESS, (key) => told.push(`release ${key}`));
    watches.onChange(OWN_INGRESS, (key) => told.push(`instance ${key}`));
    source.put(INGRESS, { namespace: "shop", name: "web" });
    await settle();
    // The script tells both watches of it.
    expect(told.sort()).toEqual(["instance shop/web", "release shop/web"]);
    await end();
  });

  it("find a kind as soon as its definition appears, without waiting for the next look", async () => {
    const { source, watches, end } = await setUp((prepared) =>
      prepared.missing.add("HTTPRoute"),
    );
    let served = 0;
    watches.onServed(HTTP_ROUTE, () => (served += 1));
    expect([
      watches.isServed(HTTP_ROUTE),
      watches.hasSynced(HTTP_ROUTE),
    ]).toEqual([false, true]);
    source.missing.clear();
    source.put(CUSTOM_RESOURCE_DEFINITION, {
      name: "httproutes.gateway.networking.k8s.io",
    });
    await settle();
    expect([watches.isServed(HTTP_ROUTE), served]).toEqual([true, 1]);
    await end();
  });

  it("take a denial for a state that is said once, keep what they saw, and try again", async () => {
    const { source, clock, log, watches, end } = await setUp((prepared) => {
      prepared.put(NAMESPACE, shop);
      prepared.put(NAMESPACE, { name: "closed" });
      prepared.denied.add("Secret/closed").add("HelmRelease");
    });
    expect(watches.hasSynced(HELM_RELEASE)).toBe(true);
    expect(watches.isDenied(HELM_RELEASE)).toBe(true);
    expect([
      watches.isDenied(SECRET),
      watches.isDenied(SECRET, "shop"),
      watches.isDenied(SECRET, "closed"),
    ]).toEqual([true, false, true]);
    for (let second = 0; second < 5; second += 1) {
      await clock.advance(1_000);
      await settle();
    }
    const warnings = log.entries.filter(({ level }) => level === "warn");
    expect(warnings).toHaveLength(2);
    expect(
      source.lists.filter((name) => name === "HelmRelease").length,
    ).toBeGreaterThan(1);
    source.denied.clear();
    source.put(HELM_RELEASE, { namespace: "shop", name: "odoo" });
    await clock.advance(120_000);
    await settle();
    expect(watches.isDenied(HELM_RELEASE)).toBe(false);
    expect(watches.isServed(HELM_RELEASE)).toBe(true);
    expect(watches.objects(HELM_RELEASE).size).toBe(1);
    await end();
  });

  it("hold neither a Secret's copy of itself, nor field managers, nor a release's values", async () => {
    const copy = "kubectl.kubernetes.io/last-applied-configuration";
    const { watches, end } = await setUp((prepared) => {
      prepared.put(NAMESPACE, shop);
      prepared.put(SECRET, {
        ...secret("shop"),
        annotations: { [copy]: '{"data":{"x":"aHVudGVyMg=="}}', mine: "1" },
        managedFields: [{ manager: "kubectl" }],
      });
      prepared.put(
        HELM_RELEASE,
        { namespace: "shop", name: "odoo" },
        { spec: { releaseName: "odoo", values: { big: "x" } } },
      );
    });
    const { metadata } = watches.objects(SECRET).get("shop/db") ?? {};
    expect(metadata?.annotations).toEqual({ mine: "1" });
    expect(metadata).not.toHaveProperty("managedFields");
    expect(watches.objects(HELM_RELEASE).get("shop/odoo")?.["spec"]).toEqual({
      releaseName: "odoo",
    });
    await end();
  });
});
