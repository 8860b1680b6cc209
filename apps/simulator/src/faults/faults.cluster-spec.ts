import { mkdtempSync, rmSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { Clock, SystemClock } from "@vworkspace/kernel";
import {
  KeyedQueue,
  type KubeClient,
  type KubeConnection,
  type KubeObject,
  loadKubeConnection,
  openKubeApi,
  type ReconcileOutcome,
  Reflector,
  Runner,
  settled,
} from "@vworkspace/kube";
import { eventually } from "../../../../test/cluster/eventually";
import { writeKubeconfig } from "../../../../test/cluster/kubeconfig-file";
import { type Simulator, startSimulator } from "../simulator";

const CONFIG_MAP = { apiVersion: "v1", kind: "ConfigMap" };
const NAMESPACE = "default";
const MANAGER = { fieldManager: "reflected" };
const COPY = "-copy";
const RESOURCES = ["configmaps"];

/** Waits a twentieth of what it is told: backoffs of seconds are no test's bottleneck. */
class HastyClock extends Clock {
  private readonly system = new SystemClock();

  override now(): number {
    return this.system.now();
  }

  override sleep(ms: number, signal?: AbortSignal): Promise<boolean> {
    return this.system.sleep(ms / 20, signal);
  }
}

/** A controller as ours are: a reflector, a queue and a runner that makes for every object a copy that says the same. */
class Copier {
  readonly errors: unknown[] = [];
  readonly reflector: Reflector<KubeObject>;
  private readonly queue: KeyedQueue;
  private readonly stopping = new AbortController();
  private running: Promise<unknown> = Promise.resolve();

  constructor(private readonly api: KubeClient) {
    const clock = new HastyClock();
    this.queue = new KeyedQueue({ clock });
    this.reflector = new Reflector<KubeObject>(api, CONFIG_MAP, {
      namespace: NAMESPACE,
      onChange: (key) => this.queue.add(key.replace(COPY, "")),
      onError: (error) => this.errors.push(error),
      pageSize: 5,
      clock,
    });
  }

  start(): void {
    const { signal } = this.stopping;
    const runner = new Runner({
      queue: this.queue,
      reconcile: (key) => this.reconcile(key),
    });
    this.running = Promise.all([
      this.reflector.start(signal),
      runner.start(signal),
    ]);
  }

  async stop(): Promise<void> {
    this.stopping.abort();
    await this.running;
  }

  private async reconcile(key: string): Promise<ReconcileOutcome> {
    const [, name = ""] = key.split("/");
    const ref = { ...CONFIG_MAP, namespace: NAMESPACE, name: `${name}${COPY}` };
    const original = this.reflector.store.get(key);
    const copy = this.reflector.store.get(`${key}${COPY}`);
    if (!original) {
      if (copy) await this.api.delete(ref);
    } else if (textOf(copy) !== textOf(original)) {
      const metadata = { namespace: NAMESPACE, name: ref.name };
      const data = original["data"];
      await this.api.apply({ ...CONFIG_MAP, metadata, data }, MANAGER);
    }
    return settled;
  }
}

function textOf(object: KubeObject | undefined): string | undefined {
  return (object?.["data"] as { text?: string } | undefined)?.text;
}

describe("A reflector and a runner, when the API server has faults", () => {
  const directory = mkdtempSync(join(tmpdir(), "vworkspace-faults-"));
  let simulator: Simulator;
  let api: KubeClient;
  let connections: KubeConnection[];
  let copier: Copier;

  function connect(token: string): KubeClient {
    const path = join(directory, `${token}.kubeconfig`);
    writeKubeconfig(path, { server: simulator.url, token });
    const connection = loadKubeConnection({ kubeconfig: path });
    connections.push(connection);
    return openKubeApi(connection, { clock: new HastyClock() });
  }

  beforeEach(async () => {
    connections = [];
    // The controller is somebody else than the person who changes things, so that only it meets faults.
    simulator = await startSimulator({
      token: "person",
      identities: [
        {
          token: "controller",
          user: { name: "controller", groups: ["system:masters"] },
        },
      ],
    });
    api = connect("person");
    copier = new Copier(connect("controller"));
    for (let index = 0; index < 12; index += 1) await write(index, "first");
  });

  afterEach(async () => {
    await copier.stop();
    for (const connection of connections) await connection.close();
    await simulator.stop();
  });
  afterAll(() => rmSync(directory, { recursive: true }));

  const nameOf = (index: number) => `item-${String(index).padStart(2, "0")}`;
  const write = (index: number, text: string) =>
    api.apply(
      {
        ...CONFIG_MAP,
        metadata: { namespace: NAMESPACE, name: nameOf(index) },
        data: { text },
      },
      { fieldManager: "person" },
    );
  const contents = async () => {
    const objects = await api.list(CONFIG_MAP, { namespace: NAMESPACE });
    return objects.map(
      (object) => `${object.metadata.name}=${textOf(object) ?? ""}`,
    );
  };
  const copied = (texts: readonly (string | undefined)[]) =>
    eventually(`the copies say ${texts.join()}`, async () => {
      const wanted = texts.flatMap((text, index) =>
        text === undefined
          ? []
          : [`${nameOf(index)}=${text}`, `${nameOf(index)}${COPY}=${text}`],
      );
      const found = (await contents()).sort();
      return JSON.stringify(found) === JSON.stringify(wanted.sort());
    });

  const rule = { user: "controller", resources: RESOURCES };
  const lists = { ...rule, verbs: ["list" as const] };
  const watches = { ...rule, verbs: ["watch" as const] };
  const writes = { ...rule, verbs: ["patch" as const, "delete" as const] };
  const refuse = (code: 410 | 429 | 500 | 503, retryAfterSeconds?: number) => ({
    kind: "refuse" as const,
    code,
    ...(retryAfterSeconds !== undefined && { retryAfterSeconds }),
  });
  const cut = (afterBytes: number) => ({ kind: "cut" as const, afterBytes });

  it.each([
    [
      "a list that is refused (500)",
      { ...lists, times: 3, effect: refuse(500) },
    ],
    [
      "a continue token that is too old",
      { ...lists, nth: [2], effect: refuse(410) },
    ],
    ["a list that is cut off", { ...lists, nth: [1, 3], effect: cut(300) }],
    [
      "a watch that begins too late (410 as a status)",
      { ...watches, times: 2, effect: refuse(410) },
    ],
    [
      "a watch that begins too late (410 as an event)",
      { ...watches, times: 2, effect: { kind: "expire" as const } },
    ],
    [
      "watches that are cut off within an event",
      { ...watches, times: 5, effect: cut(700) },
    ],
    [
      "watches that are refused (503)",
      { ...watches, times: 3, effect: refuse(503) },
    ],
    [
      "a watch that is slow",
      { ...watches, effect: { kind: "slow" as const, eventMs: 20 } },
    ],
    [
      "writes that are refused (429)",
      { ...writes, every: 3, times: 5, effect: refuse(429, 0) },
    ],
    ["writes whose answer is lost", { ...writes, every: 4, effect: cut(0) }],
    [
      "requests that take their time",
      { ...rule, effect: { kind: "delay" as const, ms: 30 } },
    ],
    [
      "anything at all, at random",
      { ...rule, probability: 0.2, effect: refuse(500) },
    ],
  ])(
    "come to the same end through %s",
    async (_, fault) => {
      simulator.faults.set([{ name: "it", ...fault }], 5);
      copier.start();
      await copied(new Array<string>(12).fill("first"));
      await write(0, "second");
      await write(7, "second");
      await api.delete({
        ...CONFIG_MAP,
        namespace: NAMESPACE,
        name: nameOf(3),
      });
      const expected = new Array<string | undefined>(12).fill("first");
      [expected[0], expected[7], expected[3]] = ["second", "second", undefined];
      await copied(expected);
      expect(simulator.faults.hits()["it"]).toBeGreaterThan(0);
    },
    20_000,
  );

  it("list once and then only watch, which the request table shows", async () => {
    copier.start();
    await copied(new Array<string>(12).fill("first"));
    const requests = () =>
      simulator
        .requests()
        .filter(({ user, resource }) => {
          return user === "controller" && resource === "configmaps";
        })
        .map(({ verb, count }) => [verb, count]);
    // Three pages of five.
    expect(Object.fromEntries(requests())).toEqual({
      list: 3,
      watch: 1,
      patch: 12,
    });
    simulator.clearRequests();
    expect(requests()).toEqual([]);
  });

  it("are told when they come back too soon", async () => {
    simulator.faults.set([
      { effect: { kind: "refuse", code: 429, retryAfterSeconds: 7 } },
    ]);
    const answer = await fetch(`${simulator.url}/api/v1/configmaps`, {
      headers: { authorization: "Bearer person" },
    });
    expect([answer.status, answer.headers.get("retry-after")]).toEqual([
      429,
      "7",
    ]);
    expect(await answer.json()).toMatchObject({
      kind: "Status",
      reason: "TooManyRequests",
    });
    expect(simulator.faults.hits()).toEqual({ 0: 1 });
  });

  it("see a clock that is an hour ahead, in the header and in what is written", async () => {
    const hour = 3_600_000;
    simulator.shiftClock(hour);
    const before = Date.now() + hour - 1_000;
    await api.apply(
      { ...CONFIG_MAP, metadata: { namespace: NAMESPACE, name: "late" } },
      MANAGER,
    );
    const late = await api.get({
      ...CONFIG_MAP,
      namespace: NAMESPACE,
      name: "late",
    });
    const created = Date.parse(late?.metadata.creationTimestamp ?? "");
    expect(created).toBeGreaterThanOrEqual(before);
    const { headers } = await fetch(`${simulator.url}/readyz`);
    expect(Date.parse(headers.get("date") ?? "")).toBeGreaterThanOrEqual(
      before,
    );
  });
});
