import type { KubeAnswer } from "./kube-http";
import { WidgetSuite } from "./widget-suite";

describe("An API server, on lists", () => {
  let suite: WidgetSuite;

  beforeAll(async () => {
    suite = await WidgetSuite.open();
    for (const number of [0, 1, 2, 3, 4])
      await suite.http.post(
        suite.path(),
        suite.widget(
          `w${number}`,
          { name: "abc" },
          {
            labels: { parity: number % 2 ? "odd" : "even" },
          },
        ),
      );
  }, 600_000);
  afterAll(() => suite.close());

  const list = (query: string): Promise<KubeAnswer> =>
    suite.http.get(`${suite.path()}?${query}`);
  const names = ({ body }: KubeAnswer) =>
    body.items.map(({ metadata }) => metadata.name);

  it("lists a namespace, all namespaces, and nothing", async () => {
    const all = ["w0", "w1", "w2", "w3", "w4"];
    const own = await list("");
    expect([own.body.kind, names(own)]).toEqual(["WidgetList", all]);
    expect(own.body.metadata.resourceVersion).toMatch(/^\d+$/);
    const everywhere = await suite.http.get(`/apis/${suite.group}/v1/widgets`);
    expect(names(everywhere)).toEqual(all);
    const elsewhere = await suite.http.get(
      `/apis/${suite.group}/v1/namespaces/default/widgets`,
    );
    expect([elsewhere.code, names(elsewhere)]).toEqual([200, []]);
  });

  it("gives pages of one state, whatever happens between them", async () => {
    const first = await list("limit=2");
    expect(names(first)).toEqual(["w0", "w1"]);
    expect(first.body.metadata.remainingItemCount).toBe(3);
    const late = suite.widget("w15", { name: "late" });
    await suite.http.post(suite.path(), late);
    await suite.http.delete(suite.path("w3"));
    const token = encodeURIComponent(first.body.metadata.continue ?? "");
    const second = await list(`limit=2&continue=${token}`);
    expect(names(second)).toEqual(["w2", "w3"]);
    expect(second.body.metadata.resourceVersion).toBe(
      first.body.metadata.resourceVersion,
    );
    const rest = encodeURIComponent(second.body.metadata.continue ?? "");
    const third = await list(`limit=2&continue=${rest}`);
    expect([names(third), third.body.metadata.continue ?? ""]).toEqual([
      ["w4"],
      "",
    ]);
    const with_ = `resourceVersion=5&continue=${token}`;
    expect((await list(with_)).code).toBe(400);
    expect(names(await list(""))).toEqual(["w0", "w1", "w15", "w2", "w4"]);
    await suite.http.delete(suite.path("w15"));
    await suite.http.post(
      suite.path(),
      suite.widget("w3", { name: "abc" }, { labels: { parity: "odd" } }),
    );
  });

  it("reads an earlier state when asked for exactly that", async () => {
    const { body } = await list("");
    const { resourceVersion } = body.metadata;
    await suite.http.delete(suite.path("w0"));
    const exact = `resourceVersion=${resourceVersion}&resourceVersionMatch=Exact`;
    expect(names(await list(exact))).toEqual(["w0", "w1", "w2", "w3", "w4"]);
    const atLeast = `resourceVersion=${resourceVersion}&resourceVersionMatch=NotOlderThan`;
    expect(names(await list(atLeast))).toEqual(["w1", "w2", "w3", "w4"]);
    await suite.http.post(
      suite.path(),
      suite.widget("w0", { name: "abc" }, { labels: { parity: "even" } }),
    );
  });

  it.each([
    ["parity=odd", ["w1", "w3"]],
    ["parity==odd", ["w1", "w3"]],
    ["parity!=odd", ["w0", "w2", "w4"]],
    ["parity in (odd, other)", ["w1", "w3"]],
    ["parity notin (odd)", ["w0", "w2", "w4"]],
    ["parity", ["w0", "w1", "w2", "w3", "w4"]],
    ["!parity", []],
    ["parity,parity!=even", ["w1", "w3"]],
  ])("selects by the labels %s", async (selector, expected) => {
    const answer = await list(`labelSelector=${encodeURIComponent(selector)}`);
    expect(names(answer)).toEqual(expected);
  });

  it.each([
    ["metadata.name=w1", ["w1"]],
    ["metadata.name==w1", ["w1"]],
    ["metadata.name!=w1", ["w0", "w2", "w3", "w4"]],
    ["metadata.name=none", []],
  ])("selects by the field %s", async (selector, expected) => {
    const answer = await list(`fieldSelector=${encodeURIComponent(selector)}`);
    expect(names(answer)).toEqual(expected);
  });

  it("counts no rest of a selection", async () => {
    const page = await list("limit=1&labelSelector=parity%3Dodd");
    expect(page.body.metadata.continue).toBeTruthy();
    expect(page.body.metadata.remainingItemCount).toBeUndefined();
  });

  it.each([
    ["labelSelector=a%20in%20(", 400],
    ["fieldSelector=spec.name%3Dabc", 400],
    ["continue=nonsense", 400],
    ["resourceVersion=nonsense", 400],
    ["limit=nonsense", 400],
    ["resourceVersionMatch=Exact", 422],
    ["resourceVersion=999999999999", 504],
  ])(
    "refuses %s with %i",
    async (query, code) => {
      expect((await list(query)).code).toBe(code);
    },
    20_000,
  );

  it("names the cause when a version is of the future", async () => {
    const { body } = await list("resourceVersion=999999999999");
    expect(body.reason).toBe("Timeout");
    expect(body.details?.causes?.[0]?.reason).toBe("ResourceVersionTooLarge");
  }, 20_000);

  it("deletes a selection", async () => {
    const { http } = suite;
    const path = `${suite.path()}?labelSelector=parity%3Dodd`;
    expect((await http.delete(path)).code).toBe(200);
    expect(names(await list(""))).toEqual(["w0", "w2", "w4"]);
  });
});
