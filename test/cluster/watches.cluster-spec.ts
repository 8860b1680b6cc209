import type { WatchEvent } from "./kube-http";
import { WidgetSuite } from "./widget-suite";

describe("An API server, on watches", () => {
  let suite: WidgetSuite;

  beforeAll(async () => {
    suite = await WidgetSuite.open();
  }, 600_000);
  afterAll(() => suite.close());

  const watch = (query: string) =>
    suite.http.watch(`${suite.path()}?watch=true&${query}`);

  /** The first events of a watch; ends it. */
  async function take(
    query: string,
    count: number,
  ): Promise<readonly WatchEvent[]> {
    const events: WatchEvent[] = [];
    for await (const event of watch(query)) {
      events.push(event);
      if (events.length === count) break;
    }
    return events;
  }

  const summary = (events: readonly WatchEvent[]) =>
    events.map(({ type, object }) => `${type} ${object.metadata.name}`);
  const create = (
    name: string,
    labels: Readonly<Record<string, string>> = {},
  ) =>
    suite.http.post(
      suite.path(),
      suite.widget(name, { name: "abc" }, { labels }),
    );
  const now = async () =>
    (await suite.http.get(`${suite.path()}?limit=1`)).body.metadata
      .resourceVersion;

  it("tells what has happened since a version, and what happens then", async () => {
    const { http } = suite;
    const from = await now();
    await create("told");
    await http.merge(suite.path("told"), { spec: { size: 2 } });
    const events = take(`resourceVersion=${from}`, 4);
    await http.merge(`${suite.path("told")}/status`, {
      status: { phase: "x" },
    });
    const last = await http.get(suite.path("told"));
    await http.delete(suite.path("told"));
    const told = await events;
    expect(summary(told)).toEqual([
      "ADDED told",
      "MODIFIED told",
      "MODIFIED told",
      "DELETED told",
    ]);
    const versions = told.map(({ object }) =>
      Number(object.metadata.resourceVersion),
    );
    expect(versions).toEqual([...versions].sort((a, b) => a - b));
    const end = told[3]?.object;
    expect(end?.status).toEqual({ phase: "x" });
    expect(Number(end?.metadata.resourceVersion)).toBeGreaterThan(
      Number(last.body.metadata.resourceVersion),
    );
  });

  it("resumes after the version of any event without gap or repetition", async () => {
    const from = await now();
    await create("r1");
    await create("r2");
    const [first] = await take(`resourceVersion=${from}`, 1);
    expect(first?.object.metadata.name).toBe("r1");
    const resumed = take(
      `resourceVersion=${first?.object.metadata.resourceVersion ?? ""}`,
      2,
    );
    await create("r3");
    expect(summary(await resumed)).toEqual(["ADDED r2", "ADDED r3"]);
    for (const name of ["r1", "r2", "r3"])
      await suite.http.delete(suite.path(name));
  });

  it.each(["", "resourceVersion=0"])(
    "starts with what is there, given %j",
    async (query) => {
      await create("there");
      expect(summary(await take(query, 1))).toEqual(["ADDED there"]);
      await suite.http.delete(suite.path("there"));
    },
  );

  it("sends what is there, and where that ends, when asked to", async () => {
    await create("initial");
    const events = await take(
      "sendInitialEvents=true&resourceVersionMatch=NotOlderThan&allowWatchBookmarks=true",
      2,
    );
    expect(events.map(({ type }) => type)).toEqual(["ADDED", "BOOKMARK"]);
    expect(events[1]?.object.metadata.annotations).toEqual({
      "k8s.io/initial-events-end": "true",
    });
    await suite.http.delete(suite.path("initial"));
    const incomplete = await suite.http.get(
      `${suite.path()}?watch=true&sendInitialEvents=true`,
    );
    expect(incomplete.code).toBe(422);
  });

  it("shows an object that comes into a selection as added, one that leaves it as deleted", async () => {
    const { http } = suite;
    const from = await now();
    const seen = take(`resourceVersion=${from}&labelSelector=in%3Dyes`, 4);
    await create("moving", { in: "no" });
    const label = (value: string) =>
      http.merge(suite.path("moving"), { metadata: { labels: { in: value } } });
    await label("yes");
    await http.merge(suite.path("moving"), { spec: { size: 2 } });
    const left = await label("no");
    await label("yes");
    const events = await seen;
    expect(events.map(({ type }) => type)).toEqual([
      "ADDED",
      "MODIFIED",
      "DELETED",
      "ADDED",
    ]);
    expect(events[2]?.object.metadata).toMatchObject({
      labels: { in: "yes" },
      resourceVersion: left.body.metadata.resourceVersion,
    });
    await http.delete(suite.path("moving"));
  });

  it("watches one name, or all namespaces", async () => {
    const from = await now();
    await create("other");
    await create("named");
    const one = `resourceVersion=${from}&fieldSelector=metadata.name%3Dnamed`;
    expect(summary(await take(one, 1))).toEqual(["ADDED named"]);
    const everywhere = suite.http.watch(
      `/apis/${suite.group}/v1/widgets?watch=true&resourceVersion=${from}`,
    );
    const first = await everywhere.next();
    await everywhere.return(undefined);
    const event = first.done ? undefined : first.value;
    expect(event?.object.metadata.name).toBe("other");
  });

  it("ends after its time, with a bookmark before if the client takes them", async () => {
    const from = await now();
    const query = `resourceVersion=${from}&allowWatchBookmarks=true&timeoutSeconds=4`;
    const events: WatchEvent[] = [];
    const watched = (async () => {
      for await (const event of watch(query)) events.push(event);
    })();
    // Only a change after the version asked for makes the server send a bookmark for certain.
    const { body } = await create("marked");
    await watched;
    const { resourceVersion } = body.metadata;
    const last = events.at(-1);
    expect(summary(events)[0]).toBe("ADDED marked");
    expect(last).toMatchObject({
      type: "BOOKMARK",
      object: { kind: "Widget", apiVersion: `${suite.group}/v1` },
    });
    const bookmarked = last?.object.metadata.resourceVersion ?? "";
    expect(Number(bookmarked)).toBeGreaterThanOrEqual(Number(resourceVersion));
    const resumed = take(`resourceVersion=${bookmarked}`, 1);
    await create("after");
    expect(summary(await resumed)).toEqual(["ADDED after"]);
  }, 20_000);

  it("says 410 in an event when the version is too old", async () => {
    const events: WatchEvent[] = [];
    for await (const event of watch("resourceVersion=1&timeoutSeconds=5"))
      events.push(event);
    expect(events).toMatchObject([
      {
        type: "ERROR",
        object: { kind: "Status", code: 410, reason: "Expired" },
      },
    ]);
    expect(events[0]?.object.message).toMatch(/^too old resource version: 1 /);
  }, 20_000);
});
