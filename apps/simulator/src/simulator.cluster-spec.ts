import { existsSync, mkdtempSync, rmSync, statSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { applyDefinitions } from "../../../test/cluster/install-crds";
import { eventually } from "../../../test/cluster/eventually";
import { KubeHttp, type WatchEvent } from "../../../test/cluster/kube-http";
import { writeKubeconfig } from "../../../test/cluster/kubeconfig-file";
import { widgetDefinition } from "../../../test/cluster/widget-definition";
import {
  startSimulator,
  type Simulator,
  type SimulatorOptions,
} from "./simulator";

const GROUP = "sim.example.com";
const WIDGETS = `/apis/${GROUP}/v1/namespaces/default/widgets`;
const DEFINITIONS = "/apis/apiextensions.k8s.io/v1/customresourcedefinitions";

/** What only the simulator does; what it has in common with a real server is in test/cluster. */
describe("The simulator", () => {
  const directory = mkdtempSync(join(tmpdir(), "vworkspace-simulator-"));
  const kubeconfig = join(directory, "kubeconfig");
  let simulator: Simulator;
  let http: KubeHttp;

  async function start(options: SimulatorOptions = {}): Promise<void> {
    simulator = await startSimulator(options);
    writeKubeconfig(kubeconfig, {
      server: simulator.url,
      token: simulator.token,
    });
    http = new KubeHttp(kubeconfig);
  }

  afterEach(async () => {
    await http.close();
    await simulator.stop();
  });
  afterAll(() => rmSync(directory, { recursive: true }));

  const widget = (name: string) => ({
    apiVersion: `${GROUP}/v1`,
    kind: "Widget",
    metadata: { name },
    spec: { name: "abc" },
  });
  const names = async () =>
    (await http.get(WIDGETS)).body.items.map(({ metadata }) => metadata.name);

  it("serves nobody without its token", async () => {
    await start({ token: "right" });
    writeKubeconfig(kubeconfig, { server: simulator.url, token: "wrong" });
    const stranger = new KubeHttp(kubeconfig);
    const refused = await stranger.get("/api/v1/namespaces");
    expect([refused.code, refused.body.reason]).toEqual([401, "Unauthorized"]);
    expect((await stranger.get("/readyz")).code).toBe(200);
    await stranger.close();
  });

  it.each([
    ["right", 200],
    ["wrong", 401],
  ])(
    "takes the token in Basic too, as kubectl sends it without TLS: %s",
    async (token, status) => {
      await start({ token: "right" });
      const pair = Buffer.from(`anybody:${token}`).toString("base64");
      const { status: answered } = await fetch(
        `${simulator.url}/api/v1/namespaces`,
        { headers: { authorization: `Basic ${pair}` } },
      );
      expect(answered).toBe(status);
    },
  );

  it.each([
    [
      "GET",
      "/apis/policy/v1/namespaces/default/poddisruptionbudgets",
      "policy",
    ],
    ["GET", "/api/v1/namespaces/default/pods/x/log", "pods/log"],
    ["POST", "/api/v1/namespaces/default/serviceaccounts/x/token", "token"],
    ["GET", "/openapi/v3", "OpenAPI"],
    [
      "GET",
      "/api/v1/namespaces/default/pods?fieldSelector=spec.nodeName%3Dx",
      "spec.nodeName",
    ],
  ] as const)(
    "says 501 to %s %s and names what it lacks",
    async (method, path, what) => {
      await start();
      const { code, body } = await http.send(method, path);
      expect([code, body.reason]).toEqual([501, "NotImplemented"]);
      expect(body.message).toContain(what);
      expect(body.message).toMatch(/^The simulator does not .*\.$/);
    },
  );

  it("leaves out of discovery what it does not serve", async () => {
    await start();
    expect((await http.get("/apis/policy/v1")).code).toBe(404);
    expect(JSON.stringify((await http.get("/apis")).body)).not.toContain(
      "policy",
    );
  });

  it("says 501 to a strategic merge patch of a built-in kind", async () => {
    await start();
    const type = "application/strategic-merge-patch+json";
    const path = "/api/v1/namespaces/default";
    const { code } = await http.send("PATCH", path, {}, type);
    expect(code).toBe(501);
  });

  it.each([
    [
      "a rule in CEL",
      { "x-kubernetes-validations": [{ rule: "true" }] },
      "x-kubernetes-validations",
    ],
    [
      "a format it does not check",
      { properties: { a: { type: "string", format: "cidr" } } },
      "format cidr",
    ],
  ])(
    "refuses a definition with %s instead of letting everything through",
    async (_, schema, what) => {
      await start();
      const definition = widgetDefinition(GROUP) as {
        spec: { versions: { schema: object }[] };
      };
      const [version] = definition.spec.versions;
      if (version)
        version.schema = { openAPIV3Schema: { type: "object", ...schema } };
      const { code, body } = await http.post(DEFINITIONS, definition);
      expect(code).toBe(501);
      expect(body.message).toContain(what);
    },
  );

  it("forgets old changes, and says so to lists and watches", async () => {
    await start({
      historyLength: 20,
      definitions: [widgetDefinition(GROUP)],
    });
    for (const name of ["a", "b", "c"]) await http.post(WIDGETS, widget(name));
    const page = await http.get(`${WIDGETS}?limit=1`);
    const { continue: token = "", resourceVersion } = page.body.metadata;
    for (let count = 0; count < 60; count += 1)
      await http.merge(`${WIDGETS}/a`, { spec: { size: 1 + (count % 10) } });
    const next = await http.get(
      `${WIDGETS}?limit=1&continue=${encodeURIComponent(token)}`,
    );
    expect([next.code, next.body.reason]).toEqual([410, "Expired"]);
    const events: WatchEvent[] = [];
    const path = `${WIDGETS}?watch=true&resourceVersion=${resourceVersion}`;
    for await (const event of http.watch(path)) events.push(event);
    expect(events).toMatchObject([{ type: "ERROR", object: { code: 410 } }]);
  });

  it("sends bookmarks at its pace", async () => {
    await start({
      definitions: [widgetDefinition(GROUP)],
      watchTimes: { bookmarkMs: 20 },
    });
    const { body } = await http.get(WIDGETS);
    const path = `${WIDGETS}?watch=true&allowWatchBookmarks=true&resourceVersion=${body.metadata.resourceVersion}`;
    for await (const event of http.watch(path)) {
      expect(event).toMatchObject({
        type: "BOOKMARK",
        object: { kind: "Widget" },
      });
      break;
    }
  });

  it("ends the watches of a kind that is defined no more", async () => {
    await start({ definitions: [widgetDefinition(GROUP)] });
    const events: string[] = [];
    const watched = (async () => {
      const path = `${WIDGETS}?watch=true&resourceVersion=0`;
      for await (const { type } of http.watch(path)) events.push(type);
    })();
    await http.post(WIDGETS, widget("last"));
    await eventually("the watch tells", () =>
      Promise.resolve(events.length > 0),
    );
    await http.delete(`${DEFINITIONS}/widgets.${GROUP}`);
    await watched;
    expect(events.at(-1)).toBe("DELETED");
  });

  it("counts the requests it gets", async () => {
    await start();
    const before = simulator.requestCount();
    await http.get("/version");
    await http.get("/api");
    expect(simulator.requestCount() - before).toBe(2);
  });

  it("keeps a cluster in its state file, with its revisions, and goes on from there", async () => {
    const statePath = join(directory, "state.json");
    await start({ statePath, flux: { delayMs: { min: 0, max: 1 } } });
    await applyDefinitions(kubeconfig, [widgetDefinition(GROUP)]);
    await http.post(WIDGETS, widget("kept"));
    const before = await http.get(`${WIDGETS}/kept`);
    await http.close();
    await simulator.stop();
    expect(statSync(statePath).mode & 0o777).toBe(0o600);
    expect(existsSync(`${statePath}.partial`)).toBe(false);
    await start({ statePath, flux: { delayMs: { min: 0, max: 1 } } });
    const after = await http.get(`${WIDGETS}/kept`);
    expect(after.body).toEqual(before.body);
    const { body } = await http.post(WIDGETS, widget("new"));
    expect(Number(body.metadata.resourceVersion)).toBeGreaterThan(
      Number(before.body.metadata.resourceVersion),
    );
    expect(await names()).toEqual(["kept", "new"]);
  });

  it("refuses a state file that is none, naming it", async () => {
    const statePath = join(directory, "kubeconfig-as-state");
    writeKubeconfig(statePath, { server: "http://nowhere", token: "t" });
    await expect(startSimulator({ statePath })).rejects.toThrow(statePath);
    await start();
  });
});
