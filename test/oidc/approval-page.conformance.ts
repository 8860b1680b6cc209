import { decodeJwt } from "jose";
import { ApprovalWorld } from "../trust/approval-world";
import { CALLBACK, PUBLIC_URL, SignInWorld } from "./sign-in-world";
import { startProvider, type TestProvider } from "./start-provider";

jest.setTimeout(60_000);

const OWN_PAGE = { "sec-fetch-site": "same-origin" };
const APPROVE = { decision: "approve", reason: "" };

describe("The approval page, for a person who signs in at an OpenID provider", () => {
  let provider: TestProvider;
  let people: SignInWorld;
  let world: ApprovalWorld;
  let asked: { readonly id: string; readonly number: number };
  let page: string;

  beforeAll(async () => {
    provider = await startProvider(CALLBACK);
    people = await SignInWorld.make(provider);
    world = await ApprovalWorld.make(people.gateway);
    for (const [login, role] of [
      ["bea", "approver"],
      ["cyd", "reader"],
    ] as const)
      await people.user(login, world.organizationCode, {
        subject: `sub-${login}`,
        role,
      });
  });
  afterAll(async () => {
    await people.stop();
    await provider.stop();
  });

  beforeEach(async () => {
    asked = await world.ask();
    page = `${PUBLIC_URL}/approvals/${asked.number}`;
  });

  /** Comes by the link of the record, signs in there, and is back. */
  async function comeAs(subject: string) {
    const browser = people.browser();
    const { status, text } = await browser.go(page);
    expect(status).toBe(401);
    const [, path = ""] = /href="(\/login\?[^"]+)"/.exec(text) ?? [];
    provider.answer = { subject };
    const shown = await browser.go(`${PUBLIC_URL}${path}`);
    return { browser, shown };
  }
  const stateOf = async () => (await world.approvalOf(asked.id)).approval_state;

  it("leads to the provider and back to the operation, and takes his word", async () => {
    const { browser, shown } = await comeAs("sub-bea");
    expect([shown.status, shown.url.href]).toEqual([200, page]);
    expect(shown.text).toContain("Backup of shop");
    // His session stands for him: there is no key to give.
    expect(shown.text).not.toContain('name="key"');
    const answer = await browser.go(page, {
      method: "POST",
      form: APPROVE,
      headers: OWN_PAGE,
    });
    expect([answer.status, answer.text]).toEqual([
      200,
      expect.stringContaining("You approved it.") as string,
    ]);
    const row = await world.approvalOf(asked.id);
    expect(row).toMatchObject({ approval_method: "oidc" });
    expect(decodeJwt(row.approval_claim ?? "")["amr"]).toEqual(["oidc"]);
    const entry = (await world.tenant.audit()).at(-1);
    expect(entry).toMatchObject({
      action: "operation.approve",
      actor: { session_id: expect.any(String) as string },
    });
    expect((await browser.go(page)).text).toContain(
      "Approved by bea, signed in at the provider, at ",
    );
  });

  it("is decided on by no other site's page, which makes the browser send his cookie along", async () => {
    const { browser } = await comeAs("sub-bea");
    for (const headers of [
      { "sec-fetch-site": "cross-site", origin: "https://evil.example" },
      { "sec-fetch-site": "same-site", origin: "https://a.example.com" },
      { origin: "null" },
      {},
    ]) {
      const { status } = await browser.go(page, {
        method: "POST",
        form: APPROVE,
        headers,
      });
      expect(status).toBe(403);
    }
    const link = await browser.go(`${page}?decision=approve`, {
      headers: OWN_PAGE,
    });
    expect(link.text).toContain("waits for somebody&#39;s approval");
    expect(await stateOf()).toBe("required");
  });

  it("takes an own API key beside the provider, whoever is signed in", async () => {
    const { browser } = await comeAs("sub-cyd");
    const refused = await browser.go(page, {
      method: "POST",
      form: APPROVE,
      headers: OWN_PAGE,
    });
    expect([refused.status, await stateOf()]).toEqual([403, "required"]);
    expect(refused.text).toMatch(/role approver or admin; yours is\s+reader/);
    const dan = await world.user("dan@example.com");
    const answer = await browser.go(page, {
      method: "POST",
      form: { ...dan, ...APPROVE },
      headers: OWN_PAGE,
    });
    expect([answer.status, await stateOf()]).toEqual([200, "approved"]);
  });

  it("takes nobody's word any more once he has signed out", async () => {
    const { browser } = await comeAs("sub-bea");
    await browser.go(`${PUBLIC_URL}/logout`, {
      method: "POST",
      headers: OWN_PAGE,
    });
    const { status } = await browser.go(page, {
      method: "POST",
      form: APPROVE,
      headers: OWN_PAGE,
    });
    expect([status, await stateOf()]).toEqual([401, "required"]);
  });

  it("says of an operation that isn't of his organization what it says of none", async () => {
    const { browser } = await comeAs("sub-bea");
    const stranger = await ApprovalWorld.make(people.gateway);
    const { number } = await stranger.ask();
    const [foreign, absent] = [
      await browser.go(`${PUBLIC_URL}/approvals/${number}`),
      await browser.go(`${PUBLIC_URL}/approvals/2000000000`),
    ];
    expect([foreign.status, foreign.text]).toEqual([404, absent.text]);
  });
});
