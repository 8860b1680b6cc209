import { decodeJwt } from "jose";
import { limitOf } from "../../apps/gateway/src/api/limits/limits.table";
import { ApiKeyService } from "../../apps/gateway/src/trust/identity/api-key.service";
import { OrganizationService } from "../../apps/gateway/src/trust/identity/organization.service";
import { FailedSignIns } from "../../apps/gateway/src/trust/identity/failed-sign-ins.service";
import { callRpc } from "../oidc/call-rpc";
import { ApprovalWorld } from "./approval-world";
import { type ListedGateway, startListedGateway } from "./listed-gateway";
import { guardOf } from "./route-guards";

jest.setTimeout(120_000);

interface Answer {
  readonly status: number;
  readonly text: string;
  readonly headers: Headers;
}

/** What the browser says that a page of the gateway itself sends. */
const OWN_PAGE = { "sec-fetch-site": "same-origin" };
const ODOO_ANN = { odoo_uid: 7, login: "ann@odoo.example" };

describe("The approval page, with an API key", () => {
  let gateway: ListedGateway;
  let world: ApprovalWorld;
  let bea: { readonly login: string; readonly key: string };
  /** Everything that was answered. */
  const answers: string[] = [];

  beforeAll(async () => {
    gateway = await startListedGateway();
    world = await ApprovalWorld.make(gateway);
    bea = await world.user("bea@example.com");
  });
  afterAll(() => gateway.stop());

  async function answerOf(response: Response): Promise<Answer> {
    const text = await response.text();
    answers.push(text, JSON.stringify([...response.headers]));
    return { status: response.status, text, headers: response.headers };
  }
  const get = async (id: number | string) =>
    answerOf(
      await fetch(`${gateway.url}/approvals/${id}`, {
        headers: { accept: "text/html" },
      }),
    );
  const post = async (
    id: number | string,
    form: Readonly<Record<string, string>>,
    headers: Readonly<Record<string, string>> = OWN_PAGE,
  ) =>
    answerOf(
      await fetch(`${gateway.url}/approvals/${id}`, {
        method: "POST",
        body: new URLSearchParams(form),
        headers: { accept: "text/html", ...headers },
      }),
    );
  const look = (id: number | string, who = bea) =>
    post(id, { ...who, decision: "look" });
  const approve = (id: number, who = bea) =>
    post(id, { ...who, decision: "approve", reason: "" });
  const reject = (id: number, reason: string, who = bea) =>
    post(id, { ...who, decision: "reject", reason });

  it("is reached by every route that stands behind an approver's word, which are two", () => {
    const routes = gateway.routes.filter(
      (route) => guardOf(route) === "approver",
    );
    expect(routes).toEqual([
      { method: "GET", path: "/approvals/:id" },
      { method: "POST", path: "/approvals/:id" },
    ]);
    for (const { method, path } of routes)
      expect(limitOf(method, path)).toBe("approvals");
  });

  it("is linked to by the record of what needs an approval, and by no other", async () => {
    const { number } = await world.ask();
    const read = (id: number) =>
      callRpc(gateway.url, bea, [
        "vworkspace.operation",
        "read",
        [[id], ["approval_url"]],
      ]);
    expect(await read(number)).toEqual([
      { id: number, approval_url: `${gateway.url}/approvals/${number}` },
    ]);
    await gateway.look(
      "update operations set approval_state = 'not_required' where number = $1",
      [number],
    );
    expect(await read(number)).toEqual([{ id: number, approval_url: false }]);
    expect((await look(number)).text).toContain("It needs no approval");
  });

  it("asks who somebody is before it tells anything, in the same words whatever the number", async () => {
    const { number } = await world.ask();
    const pages = [
      await get(number),
      await get(2_000_000_000),
      await get("x"),
      await post(number, { decision: "look" }),
    ];
    for (const { status, text } of pages) {
      expect(status).toBe(401);
      expect(text).toBe(pages[0]?.text);
      expect(text).toMatch(/<input[^>]+type="password"[^>]+autocomplete="off"/);
      expect(text).not.toContain("shop");
      // Nobody signs in at a provider here.
      expect(text).not.toContain("/login");
    }
  });

  it("is kept by no cache, runs no script and stands in no frame", async () => {
    const { number } = await world.ask();
    for (const { headers, text } of [await get(number), await look(number)]) {
      expect(headers.get("cache-control")).toBe("no-store");
      expect(headers.get("content-security-policy")).toMatch(
        /^default-src 'none'; .*form-action 'self'; .*frame-ancestors 'none'$/,
      );
      expect(headers.get("referrer-policy")).toBe("same-origin");
      expect(text).not.toContain("<script");
    }
  });

  it("says what is asked for, by whom and for whom, and lets the right one approve it", async () => {
    const { id, number } = await world.ask({
      requested_by: world.tenant.actor.id,
      on_behalf_of: ODOO_ANN,
    });
    const { status, text } = await look(number);
    expect(status).toBe(200);
    for (const said of [
      "Backup of shop",
      "prod",
      world.cluster.code,
      "velero",
      "&quot;ttl&quot;: &quot;72h&quot;",
      "ann@odoo.example, as Odoo says; not proven",
      "Four eyes",
      "waits for somebody&#39;s approval",
    ])
      expect(text).toContain(said);
    const answer = await approve(number);
    expect([answer.status, answer.text]).toEqual([
      200,
      expect.stringContaining("You approved it.") as string,
    ]);
    const row = await world.approvalOf(id);
    expect(row).toMatchObject({
      approval_state: "approved",
      approval_method: "key",
    });
    expect(decodeJwt(row.approval_claim ?? "")["amr"]).toEqual(["key"]);
    const entry = (await world.tenant.audit()).at(-1);
    expect(entry).toMatchObject({
      action: "operation.approve",
      actor: { key_id: expect.any(String) as string },
      from: { address_hash: expect.any(String) as string },
    });
    const later = await look(number);
    expect(later.text).toMatch(
      /Approved by bea@example\.com, with an API key of his own, at \d{4}-/,
    );
    expect(later.text).not.toContain('value="approve"');
    expect((await approve(number)).text).toContain("approved already");
  });

  it("rejects with a reason, which whoever asked reads", async () => {
    const { id, number } = await world.ask();
    expect((await reject(number, "\u0000")).status).toBe(422);
    const { status, text } = await reject(number, "not on a Friday");
    expect([status, text]).toEqual([
      200,
      expect.stringContaining("Reason: not on a Friday") as string,
    ]);
    expect(await world.approvalOf(id)).toMatchObject({
      approval_state: "rejected",
      state: "cancelled",
      message: "not on a Friday",
    });
    expect((await approve(number)).text).toContain("it has ended");
  });

  it("lets nobody approve what he asked for himself", async () => {
    const admin = await world.user("cyd@example.com", "admin");
    const [row] = await gateway.look<{ id: string }>(
      "select id from users where login = $1 and organization_id = $2",
      [admin.login, world.tenant.organizationId],
    );
    const { id, number } = await world.ask({
      requested_by: row?.id ?? "",
      on_behalf_of: null,
    });
    const shown = await look(number, admin);
    expect(shown.text).toContain("You asked for it yourself");
    expect(shown.text).not.toContain('value="approve"');
    const refused = await approve(number, admin);
    expect([refused.status, refused.text]).toEqual([
      403,
      expect.stringContaining("four_eyes") as string,
    ]);
    expect((await world.approvalOf(id)).approval_state).toBe("required");
    expect(await world.tenant.auditActions()).toContain("policy.refuse");
    expect((await approve(number)).status).toBe(200);
  });

  it.each(["reader", "operator", "bridge"] as const)(
    "says to the role %s which one it takes, and lets it decide nothing",
    async (role) => {
      const { id, number } = await world.ask();
      const who = await world.user(`${role}@example.com`, role);
      const { status, text } = await look(number, who);
      expect(status).toBe(200);
      expect(text).toMatch(
        new RegExp(`takes the role approver or admin; yours is\\s+${role}`),
      );
      expect(text).not.toContain('value="approve"');
      for (const answer of [
        await approve(number, who),
        await reject(number, "no", who),
      ])
        expect(answer.status).toBe(403);
      expect((await world.approvalOf(id)).approval_state).toBe("required");
    },
  );

  it("names who agreed on Odoo's word alone, which counts where an operator said so", async () => {
    const odoo = await ApprovalWorld.make(gateway);
    const [bridge, eve] = [
      await odoo.user("odoo", "bridge"),
      await odoo.user("eve@example.com"),
    ];
    const { number } = await odoo.ask();
    const call = (method: string, who: object, ...more: readonly unknown[]) =>
      callRpc(gateway.url, bridge, [
        "vworkspace.operation",
        method,
        [[number], ...more],
        { context: { on_behalf_of: who } },
      ]);
    await expect(call("action_approve", ODOO_ANN)).rejects.toThrow(
      /approval_trust.*approval_url/,
    );
    expect(await odoo.tenant.auditActions()).toContain("policy.refuse");
    await gateway
      .get(OrganizationService)
      .setApprovalTrust(odoo.organizationCode, "odoo");
    await call("action_approve", ODOO_ANN);
    const fields = ["approval_method", "approved_on_behalf_of"];
    expect(await call("read", ODOO_ANN, fields)).toMatchObject([
      { approval_method: "odoo", approved_on_behalf_of: ODOO_ANN },
    ]);
    expect((await look(number, eve)).text).toContain(
      "Approved by ann@odoo.example (by odoo), on the word of Odoo alone, at ",
    );
    expect(
      await callRpc(gateway.url, eve, [
        "vworkspace.organization",
        "search_read",
        [[], ["approval_trust"]],
      ]),
    ).toMatchObject([{ approval_trust: "odoo" }]);
  });

  it("takes no key whose scopes don't cover it", async () => {
    const { id, number } = await world.ask();
    const issued = await world.tenant.in(async (stores) => {
      const [user] = await gateway.look<{ id: string }>(
        "select id from users where login = $1",
        [bea.login],
      );
      const request = { name: "r", scopes: ["read"], days: undefined };
      return gateway
        .get(ApiKeyService)
        .issue(stores, world.tenant.actor, user?.id ?? "", request);
    });
    const narrow = { login: bea.login, key: issued.key };
    expect((await look(number, narrow)).status).toBe(200);
    const { status, text } = await approve(number, narrow);
    expect([status, text]).toEqual([
      403,
      expect.stringContaining("scopes (read)") as string,
    ]);
    expect((await world.approvalOf(id)).approval_state).toBe("required");
  });

  it("says of another organization's operation what it says of none", async () => {
    const stranger = await ApprovalWorld.make(gateway);
    const { id, number } = await stranger.ask();
    const pages = [
      await look(number),
      await look(2_000_000_000),
      await look(99_999_999_999),
      await look("-1"),
      await look("x"),
      await approve(number),
      await reject(number, "no"),
    ];
    for (const { status, text } of pages) {
      expect([status, text]).toEqual([404, pages[0]?.text]);
    }
    expect((await stranger.approvalOf(id)).approval_state).toBe("required");
  });

  it("refuses whatever no page of the gateway sent, also with the right key", async () => {
    const { id, number } = await world.ask();
    const form = { ...bea, decision: "approve" };
    const elsewhere: readonly Readonly<Record<string, string>>[] = [
      { "sec-fetch-site": "cross-site", origin: "https://evil.example" },
      { "sec-fetch-site": "same-site" },
      { "sec-fetch-site": "none" },
      { origin: "https://evil.example" },
      { origin: "null" },
      {},
    ];
    for (const headers of elsewhere)
      expect((await post(number, form, headers)).status).toBe(403);
    const types = ["text/plain", "application/json", "multipart/form-data"];
    for (const type of types)
      expect(
        (await post(number, form, { ...OWN_PAGE, "content-type": type }))
          .status,
      ).toBe(415);
    expect((await world.approvalOf(id)).approval_state).toBe("required");
    // A browser that says nothing but the origin.
    expect((await post(number, form, { origin: gateway.url })).status).toBe(
      200,
    );
  });

  it("takes no key out of an address, and no form that says a thing twice or something else", async () => {
    const { id, number } = await world.ask();
    const query = new URLSearchParams({ ...bea, decision: "approve" });
    expect((await get(`${number}?${query.toString()}`)).status).toBe(401);
    const twice = new URLSearchParams([
      ...Object.entries(bea),
      ["decision", "look"],
      ["decision", "approve"],
    ]);
    const odd = await fetch(`${gateway.url}/approvals/${number}`, {
      method: "POST",
      body: twice,
      headers: OWN_PAGE,
    });
    expect(odd.status).toBe(422);
    expect((await post(number, { ...bea, decision: "yes" })).status).toBe(422);
    expect((await world.approvalOf(id)).approval_state).toBe("required");
  });

  it("shows hostile words as words", async () => {
    const { id, number } = await world.ask({
      requested_by: world.tenant.actor.id,
      on_behalf_of: { odoo_uid: 1, login: "<svg onload=alert(4)>" },
    });
    const evil = `"><script>alert(1)</script>`;
    await gateway.look(
      "update operations set name = $2, parameters_json = $3 where id = $1",
      [
        id,
        `x${evil}`,
        JSON.stringify({ a: `</pre><img src=x onerror=alert(2)>\u202e` }),
      ],
    );
    const mallory = await world.user(`mallory${evil}@example.com`);
    const shown = await look(number, mallory);
    const told = await reject(number, `<iframe src=//evil.example>`, mallory);
    for (const { status, text } of [shown, told]) {
      expect(status).toBe(200);
      for (const tag of ["<script", "<img", "<svg", "<iframe", "\u202e"])
        expect(text).not.toContain(tag);
      expect(text).toContain("&lt;img src=x onerror=alert(2)&gt;\\u{202E}");
    }
    expect(told.text).toContain("&lt;iframe src=//evil.example&gt;");
  });

  it("counts a wrong key as a failed sign-in, with evidence, and tells nobody what was wrong", async () => {
    const { id, number } = await world.ask();
    const ended = await world.user("ended@example.com");
    await gateway.look(
      "update api_keys set revoked_at = now() where user_id = (select id from users where login = $1)",
      [ended.login],
    );
    const wrong = [
      { login: bea.login, key: `${bea.key.slice(0, -1)}!` },
      { login: bea.login, key: "" },
      { login: "", key: bea.key },
      { login: "nobody@example.com", key: bea.key },
      { login: "nobody\u0000", key: "wrong" },
      { login: "ada@example.com", key: bea.key },
      ended,
    ];
    const pages: Answer[] = [];
    for (const who of wrong) pages.push(await approve(number, who));
    for (const { status, text } of pages)
      expect([status, text]).toEqual([401, pages[0]?.text]);
    expect(pages[0]?.text).toContain("Login or key is wrong");
    expect((await world.approvalOf(id)).approval_state).toBe("required");
    await gateway.get(FailedSignIns).flush();
    const failed = (await world.tenant.audit()).filter(
      ({ action }) => action === "user.sign_in_failed",
    );
    expect(failed.length).toBeGreaterThanOrEqual(3);
  });

  it("has never answered with a key", () => {
    expect(answers.length).toBeGreaterThan(50);
    expect(answers.filter((text) => text.includes(bea.key))).toEqual([]);
  });
});

describe("The approval page, asked too often", () => {
  let gateway: ListedGateway;

  beforeAll(async () => {
    gateway = await startListedGateway({ VWORKSPACE_LIMITS_FILE: "" });
  });
  afterAll(() => gateway.stop());

  it("makes an address that guesses keys wait, and lets a right key pass all the same", async () => {
    const world = await ApprovalWorld.make(gateway);
    const bea = await world.user("bea@example.com");
    const { number } = await world.ask();
    const post = (key: string) =>
      fetch(`${gateway.url}/approvals/${number}`, {
        method: "POST",
        body: new URLSearchParams({ ...bea, key, decision: "look" }),
        headers: { accept: "text/html", ...OWN_PAGE },
      });
    const statuses: number[] = [];
    for (let guess = 0; guess < 31; guess += 1)
      statuses.push((await post(`wrong-${guess}`)).status);
    expect(statuses.slice(0, 30)).toEqual(Array(30).fill(401));
    expect(statuses.at(-1)).toBe(429);
    const told = await post("wrong");
    expect(told.headers.get("retry-after")).toMatch(/^\d+$/);
    expect(await told.text()).toContain("Open the approval page");
    expect((await post(bea.key)).status).toBe(200);
  });
});
