import { ManualClock } from "@vworkspace/kernel";
import type { KubeApi, KubeObject } from "@vworkspace/kube";
import { APPLICATION_INSTANCE } from "@vworkspace/resources";
import type { Reporter } from "../../../reporting/reporter";
import { FakeProber } from "../../../testing/fake-prober";
import { deployed, fetched, instance } from "../../../testing/flux-objects";
import { KeptClusterEvents } from "../../../testing/kept-cluster-events";
import { interruptedApi, Killed } from "../../../testing/interrupted-api";
import { MemoryKubeApi } from "../../../testing/memory-kube-api";
import { MemoryWatches } from "../../../testing/memory-watches";
import { INTEGRATION_KINDS } from "../../../watches/watched-kinds";
import { ConditionTeller } from "../../condition-teller";
import { DerivedWriter } from "../actions/derived-writer";
import { InstanceActions } from "../actions/instance-actions";
import { ApplicationInstanceReconciler } from "../application-instance.reconciler";
import { InstanceObserver } from "../instance.observe";
import { ProbeRounds } from "../probes/probe-rounds";

const REF = { ...APPLICATION_INSTANCE, namespace: "shop", name: "web" };
const NAMESPACE = {
  apiVersion: "v1",
  kind: "Namespace",
  metadata: { name: "shop", labels: { "managed-by": "vworkspace" } },
};
const ACCOUNT = {
  apiVersion: "v1",
  kind: "ServiceAccount",
  metadata: { name: "vworkspace-release", namespace: "shop" },
};
const ALL = {
  ingress: { enabled: true, host: "web.example.com" },
  certManager: { enabled: true, issuerRef: { name: "ca" } },
  externalSecrets: {
    enabled: true,
    secretStoreRef: { name: "vault" },
    data: [{ secretKey: "k", remoteRef: { key: "web" } }],
  },
};

/** The agent, its add-ons and Flux at one instance. */
class Course {
  readonly api = new MemoryKubeApi();
  readonly writes: readonly string[];
  /** The agent's own. */
  private readonly agentApi: KubeApi;
  private readonly watches = new MemoryWatches();
  private readonly clock = new ManualClock();
  private agent: ApplicationInstanceReconciler;

  constructor(killedAt: number) {
    const at = { at: killedAt, amongWrites: true } as const;
    const { api, writes } = interruptedApi(this.api, at);
    this.agentApi = api;
    this.writes = writes;
    this.api.put(ACCOUNT);
    this.watches.show(NAMESPACE);
    this.agent = this.newAgent();
  }

  /** As a person writes it. */
  want(spec: object): void {
    const known = this.api.objects.get("ApplicationInstance shop/web");
    const wanted = instance({ ...spec }, { finalizers: [] });
    this.api.put({ ...wanted, ...known, spec: wanted.spec });
  }

  /** As a person does it. */
  async remove(): Promise<void> {
    await this.api.delete(REF);
  }

  /** Until nobody has anything to do. */
  async settle(): Promise<void> {
    for (let count = 0; count < 100; count += 1) {
      const isDone = await this.look();
      this.seeIntegrations();
      if (isDone && !this.othersWork()) return;
    }
    throw new Error("It never comes to rest.");
  }

  /** Kind and spec of everything that is there. */
  get content(): readonly unknown[] {
    return [...this.api.objects.values()]
      .map(({ kind, spec }) => [kind, spec])
      .sort();
  }

  get ready(): string | undefined {
    const { status } = (this.api.objects.get("ApplicationInstance shop/web") ??
      {}) as { status?: { conditions: { type: string; reason: string }[] } };
    return status?.conditions.find(({ type }) => type === "Ready")?.reason;
  }

  private async look(): Promise<boolean> {
    try {
      return (await this.agent.reconcile("shop/web")).type !== "again";
    } catch (error) {
      if (!(error instanceof Killed)) throw error;
      this.agent = this.newAgent();
      return false;
    }
  }

  private newAgent(): ApplicationInstanceReconciler {
    const { agentApi: api, watches, clock } = this;
    const writer = new DerivedWriter(api);
    const probes = new ProbeRounds({
      clock,
      prober: new FakeProber(),
      random: () => 0,
      mayKnock: () => Promise.resolve(true),
    });
    const reporter = { report: () => Promise.resolve() };
    return new ApplicationInstanceReconciler({
      api,
      writer,
      observer: new InstanceObserver({ api, watches, writer, probes, clock }),
      actions: new InstanceActions(api, writer),
      teller: new ConditionTeller({
        reporter: reporter as Pick<Reporter, "report"> as Reporter,
        clusterEvents: new KeptClusterEvents(),
      }),
      clock,
    });
  }

  private seeIntegrations(): void {
    const kinds = INTEGRATION_KINDS.map(({ kind }) => kind);
    for (const kind of INTEGRATION_KINDS)
      for (const seen of [...this.watches.objects(kind).values()])
        if (!this.api.objects.has(`${seen.kind} shop/web-vworkspace`))
          this.watches.hide(seen);
    for (const object of this.api.objects.values())
      if (kinds.includes(object.kind)) this.watches.show(object);
  }

  /** @returns whether one of the controllers had something to do */
  private othersWork(): boolean {
    let hasWorked = false;
    for (const object of [...this.api.objects.values()]) {
      const status = statusOf(object);
      const isNews =
        JSON.stringify(status) !== JSON.stringify(object["status"]);
      if (status === undefined || !isNews) continue;
      this.api.put({ ...object, status });
      hasWorked = true;
    }
    return hasWorked;
  }
}

/** What the controllers of a kind make of its objects. */
function statusOf({ kind, metadata }: KubeObject): object | undefined {
  const web = instance();
  const { generation = 1 } = metadata;
  const conditions = [{ type: "Ready", status: "True", reason: "Done" }];
  if (kind === "OCIRepository") return fetched(web).status;
  if (kind === "HelmRelease") return deployed(web).status;
  if (kind === "Certificate") return { conditions };
  if (kind === "ExternalSecret")
    return { conditions, syncedResourceVersion: `${generation}-abc` };
  return undefined;
}

/** From an instance with every integration over one with fewer to none at all. */
async function lived(killedAt: number) {
  const course = new Course(killedAt);
  const seen: unknown[] = [];
  course.want({ integrations: ALL });
  await course.settle();
  seen.push(course.content, course.ready);
  course.want({ integrations: { ingress: ALL.ingress } });
  await course.settle();
  seen.push(course.content, course.ready);
  await course.remove();
  await course.settle();
  seen.push(course.content);
  return { seen, writes: course.writes.length };
}

describe("An agent with integrations", () => {
  it("comes to the same end when it is killed after any one of its writes", async () => {
    const undisturbed = await lived(0);
    const [first = [], ready, second = [], , last] = undisturbed.seen;
    const kinds = (content: unknown) =>
      (content as [string][]).map(([kind]) => kind);
    expect(kinds(first)).toEqual(
      expect.arrayContaining(["Certificate", "ExternalSecret", "Ingress"]),
    );
    expect(ready).toBe("HelmReleaseReady");
    expect(kinds(second)).toContain("Ingress");
    expect(kinds(second)).not.toContain("Certificate");
    expect(kinds(last)).toEqual(["ServiceAccount"]);
    for (let write = 1; write <= undisturbed.writes; write += 1)
      expect((await lived(write)).seen).toEqual(undisturbed.seen);
  });
});
