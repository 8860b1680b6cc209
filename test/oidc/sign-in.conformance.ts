import { guardOf } from "../trust/route-guards";
import type { Browser, Shown } from "./browser";
import { callRpc } from "./call-rpc";
import { CALLBACK, PUBLIC_URL, SignInWorld } from "./sign-in-world";
import { startProvider, type TestProvider } from "./start-provider";

jest.setTimeout(60_000);

const SAME_ORIGIN = { "sec-fetch-site": "same-origin" };

describe("A person who signs in at an OpenID provider", () => {
  let provider: TestProvider;
  let world: SignInWorld;

  beforeAll(async () => {
    provider = await startProvider(CALLBACK);
    world = await SignInWorld.make(provider);
  });
  afterAll(async () => {
    await world.stop();
    await provider.stop();
  });

  function signIn(
    subject: string,
    query = "",
    browser = world.browser(),
  ): Promise<Shown & { readonly browser: Browser }> {
    provider.answer = { subject, amr: ["pwd", "otp"] };
    return browser
      .go(`${PUBLIC_URL}/login${query}`)
      .then((shown) => ({ ...shown, browser }));
  }
  const me = (browser: Browser) =>
    browser.go(`${PUBLIC_URL}/me`, {
      headers: { accept: "application/json" },
    });
  const signOut = (
    browser: Browser,
    headers: Readonly<Record<string, string>>,
  ) => browser.go(`${PUBLIC_URL}/logout`, { method: "POST", headers });
  const isSignedIn = async (browser: Browser) =>
    (await me(browser)).status === 200;
  /** As an admin's program. */
  async function asAdmin(organization: string) {
    const login = `admin@${organization}.example`;
    const { key } = await world.user(login, organization, { role: "admin" });
    return (model: string, method: string, ...args: readonly unknown[]) =>
      callRpc(world.gateway.url, { login, key }, [model, method, args]);
  }
  const numberOf = async (userId: string) => {
    const [row] = await world.gateway.look<{ number: number }>(
      "select number from users where id = $1",
      [userId],
    );
    return row?.number ?? 0;
  };

  it("is a user of the gateway, with how and when he proved himself, and that is audited", async () => {
    const { organizationId } = await world.user("ada", "acme", {
      subject: "sub-ada",
    });
    const { browser, status, url, text, headers } = await signIn("sub-ada");
    expect([status, url.href]).toEqual([200, `${PUBLIC_URL}/me`]);
    expect(text).toContain("Sign out");
    expect(headers.get("cache-control")).toBe("no-store");
    const answer = await me(browser);
    expect(answer.headers.get("cache-control")).toBe("no-store");
    expect(JSON.parse(answer.text)).toEqual({
      login: "ada",
      name: "ada",
      role: "approver",
      organization: "acme",
      issuer: `${provider.issuer}/`,
      authenticated_at: expect.stringMatching(/Z$/) as string,
      amr: ["pwd", "otp"],
      expires_at: expect.stringMatching(/Z$/) as string,
    });
    const entry = (await world.audit(organizationId)).at(-1);
    expect(entry).toMatchObject({
      action: "user.sign_in",
      from: { address_hash: expect.any(String) as string },
      detail: { issuer: `${provider.issuer}/` },
    });
  });

  it("comes by PKCE with S256, state and nonce, which are new each time", async () => {
    const asked = async () => {
      const { url } = await world
        .browser()
        .go(`${PUBLIC_URL}/login`, { until: isProvider });
      return Object.fromEntries(url.searchParams);
    };
    const isProvider = ({ origin }: URL) => origin === provider.issuer;
    const [first, second] = [await asked(), await asked()];
    expect(first).toMatchObject({
      response_type: "code",
      client_id: "gateway",
      redirect_uri: CALLBACK,
      scope: "openid profile email",
      code_challenge_method: "S256",
    });
    for (const name of ["state", "nonce", "code_challenge"]) {
      expect(first[name]?.length).toBeGreaterThan(40);
      expect(first[name]).not.toBe(second[name]);
    }
  });

  it("carries cookies that no script reads, no other host plants and no plain connection shows", async () => {
    const answer = await fetch(`${world.gateway.url}/login`, {
      redirect: "manual",
    });
    expect(answer.headers.getSetCookie()).toEqual([
      expect.stringMatching(
        /^__Host-vworkspace-login=[\w-]+; Path=\/; Max-Age=600; HttpOnly; SameSite=Lax; Secure$/,
      ),
    ]);
    expect(answer.headers.get("cache-control")).toBe("no-store");
  });

  it("sees pages that run no script, stand in no frame and tell nobody where he was", async () => {
    const { headers, text } = await world.browser().go(`${PUBLIC_URL}/me`);
    expect(headers.get("content-security-policy")).toMatch(
      /^default-src 'none'; style-src 'sha256-[\w+/=]+'; form-action 'self'; base-uri 'none'; frame-ancestors 'none'$/,
    );
    expect(headers.get("referrer-policy")).toBe("same-origin");
    expect(headers.get("x-content-type-options")).toBe("nosniff");
    expect(text).not.toContain("<script");
  });

  it("goes on to where he wanted to go", async () => {
    await world.user("bea", "acme", { subject: "sub-bea" });
    const to = "/me?of=1&and=%C3%A4";
    const { url } = await signIn(
      "sub-bea",
      `?return_to=${encodeURIComponent(to)}`,
    );
    expect(url.href).toBe(`${PUBLIC_URL}${to}`);
  });

  it.each([
    "https://evil.example/",
    "//evil.example",
    "/\\evil.example",
    "/..//evil.example",
    "/\t/evil.example",
    "/\n/evil.example",
    "javascript:alert(1)",
    "me",
    `/${"x".repeat(600)}`,
  ])("is never sent to another host by return_to %j", async (to) => {
    const { status, headers, text } = await world
      .browser()
      .go(`${PUBLIC_URL}/login?return_to=${encodeURIComponent(to)}`);
    expect([status, headers.get("set-cookie")]).toEqual([422, null]);
    expect(text).toContain("return_to must be a path of this gateway");
  });

  it("signs out: the session ends in the database, not only in the browser", async () => {
    const { organizationId } = await world.user("cyd", "acme", {
      subject: "sub-cyd",
    });
    const { browser } = await signIn("sub-cyd");
    const secret = browser.cookie(PUBLIC_URL, "-session") ?? "";
    const bye = await signOut(browser, SAME_ORIGIN);
    expect([bye.status, browser.cookie(PUBLIC_URL, "-session")]).toEqual([
      200,
      undefined,
    ]);
    expect(bye.text).toContain(`${provider.issuer}/session/end?client_id=`);
    const copy = await fetch(`${world.gateway.url}/me`, {
      headers: { cookie: `__Host-vworkspace-session=${secret}` },
    });
    expect(copy.status).toBe(401);
    expect((await world.audit(organizationId)).at(-1)?.action).toBe(
      "user.sign_out",
    );
  });

  it("has one session by a browser: signing in again ends the one before", async () => {
    await world.user("lea", "acme", { subject: "sub-lea" });
    const { browser } = await signIn("sub-lea");
    const former = browser.cookie(PUBLIC_URL, "-session") ?? "";
    await signIn("sub-lea", "", browser);
    expect(await isSignedIn(browser)).toBe(true);
    const copy = await fetch(`${world.gateway.url}/me`, {
      headers: { cookie: `__Host-vworkspace-session=${former}` },
    });
    expect(copy.status).toBe(401);
  });

  it("is signed out by no other site, nor by a link", async () => {
    await world.user("dan", "acme", { subject: "sub-dan" });
    const { browser } = await signIn("sub-dan");
    const elsewhere: readonly Readonly<Record<string, string>>[] = [
      { "sec-fetch-site": "cross-site", origin: "https://evil.example" },
      { "sec-fetch-site": "same-site", origin: "https://a.example.com" },
      { "sec-fetch-site": "none" },
      { "sec-fetch-site": "cross-site", origin: PUBLIC_URL },
      { origin: "https://evil.example" },
      { origin: "null" },
      {},
    ];
    for (const headers of elsewhere)
      expect((await signOut(browser, headers)).status).toBe(403);
    const link = await browser.go(`${PUBLIC_URL}/logout`, {
      headers: SAME_ORIGIN,
    });
    expect(link.status).toBe(404);
    expect(await isSignedIn(browser)).toBe(true);
    // A browser that says nothing but the origin.
    expect((await signOut(browser, { origin: PUBLIC_URL })).status).toBe(200);
  });

  it("is told issuer and subject where he is linked nowhere, and gets no session", async () => {
    const before = await world.failures();
    const { browser, status, text } = await signIn("sub-<b>nobody</b>");
    expect(status).toBe(403);
    expect(text).toContain("sub-&lt;b&gt;nobody&lt;/b&gt;");
    expect(text).toContain(`${provider.issuer}/`);
    expect(browser.cookie(PUBLIC_URL, "-session")).toBeUndefined();
    const { not_linked: count } = await world.failures();
    expect(count).toBe((before["not_linked"] ?? 0) + 1);
  });

  it("is known by what an admin linked, not by an address or a login of the same name", async () => {
    await world.user("sub-eve", "acme", { role: "admin" });
    await world.user("sub-eve@example.com", "acme", { role: "admin" });
    expect((await signIn("sub-eve")).status).toBe(403);
  });

  it("gets no session while his user is not active, which is audited", async () => {
    const made = await world.user("fay", "acme", { subject: "sub-fay" });
    const { browser: earlier } = await signIn("sub-fay");
    await world.gateway.look("update users set active = false where id = $1", [
      made.userId,
    ]);
    expect(await isSignedIn(earlier)).toBe(false);
    const { status, text, browser } = await signIn("sub-fay");
    expect([status, await isSignedIn(browser)]).toEqual([403, false]);
    expect(text).toContain("not active");
    expect((await world.audit(made.organizationId)).at(-1)).toMatchObject({
      action: "user.refuse_sign_in",
      detail: { reason: "inactive" },
    });
  });

  it("is linked and unlinked by an admin's call, which ends his sessions", async () => {
    const rpc = await asAdmin("links");
    const { userId } = await world.user("gus", "links");
    const identity = [provider.issuer, "sub-gus"];
    const user = [[await numberOf(userId)], ...identity];
    expect((await signIn("sub-gus")).status).toBe(403);
    await rpc("res.users", "action_link_identity", ...user);
    const { browser } = await signIn("sub-gus");
    expect(await isSignedIn(browser)).toBe(true);
    const links = await rpc("vworkspace.user.identity", "search_read", [
      ["user_id.login", "=", "gus"],
    ]);
    expect(links).toMatchObject([{ subject: "sub-gus", ended_at: false }]);
    await rpc("res.users", "action_unlink_identity", ...user);
    expect(await isSignedIn(browser)).toBe(false);
    expect((await signIn("sub-gus")).status).toBe(403);
  });

  it("loses the session that an admin revokes, and no other", async () => {
    const rpc = await asAdmin("revokes");
    await world.user("hal", "revokes", { subject: "sub-hal" });
    const { browser } = await signIn("sub-hal");
    const { browser: other } = await signIn("sub-hal");
    const [first] = (await rpc("vworkspace.user.session", "search", [
      ["user_id.login", "=", "hal"],
    ])) as number[];
    await rpc("vworkspace.user.session", "action_revoke", [first]);
    expect([await isSignedIn(browser), await isSignedIn(other)]).toEqual([
      false,
      true,
    ]);
  });

  it("chooses among the organizations that he is linked in, or says which one he wants", async () => {
    for (const organization of ["one", "two"])
      await world.user("ida", organization, { subject: "sub-ida" });
    const { browser, status, text } = await signIn("sub-ida");
    expect([status, await isSignedIn(browser)]).toEqual([200, false]);
    const links = [...text.matchAll(/href="(\/login\?[^"]+)"/g)].map(
      ([, path = ""]) => path.replaceAll("&amp;", "&"),
    );
    expect(links).toHaveLength(2);
    await browser.go(`${PUBLIC_URL}${links[1] ?? ""}`);
    const organizationOf = async (who: Browser) =>
      (JSON.parse((await me(who)).text) as { organization: string })
        .organization;
    expect(await organizationOf(browser)).toBe("two");
    const said = await signIn("sub-ida", "?organization=one");
    expect(await organizationOf(said.browser)).toBe("one");
    const wrong = await signIn("sub-ida", "?organization=acme");
    expect([wrong.status, await isSignedIn(wrong.browser)]).toEqual([
      403,
      false,
    ]);
  });

  it("is not let in by the provider where it says so, in its words without markup", async () => {
    const browser = world.browser();
    provider.answer = {
      error: "access_denied",
      description: "<img src=x onerror=alert(1)> not today",
    };
    const { status, text } = await browser.go(`${PUBLIC_URL}/login`);
    expect([status, await isSignedIn(browser)]).toEqual([403, false]);
    expect(text).toContain("&lt;img src=x onerror=alert(1)&gt; not today");
  });

  it("has a session that is no API key, and API keys that are no session", async () => {
    const { key } = await world.user("jan", "acme", { subject: "sub-jan" });
    const { browser } = await signIn("sub-jan");
    const secret = browser.cookie(PUBLIC_URL, "-session") ?? "";
    const call = ["res.users", "search", [[]]] as const;
    await expect(
      callRpc(world.gateway.url, { login: "jan", key: secret }, call),
    ).rejects.toThrow("Access Denied");
    const agent = await fetch(`${world.gateway.url}/api/agent/jobs?cluster=c`, {
      headers: { authorization: `Bearer ${secret}` },
    });
    expect(agent.status).toBe(401);
    browser.setCookie(PUBLIC_URL, "-session", key);
    expect(await isSignedIn(browser)).toBe(false);
  });

  it("is nobody by a cookie that is forged, cut, sealed for something else, or given twice", async () => {
    await world.user("kim", "acme", { subject: "sub-kim" });
    const { browser } = await signIn("sub-kim");
    const secret = browser.cookie(PUBLIC_URL, "-session") ?? "";
    const wrong = [
      "",
      "x",
      "vws_",
      secret.slice(0, -1),
      `${secret}x`,
      `vws_${"A".repeat(43)}`,
      `vws_${"A".repeat(9000)}`,
      `${secret}; __Host-vworkspace-session=${secret}`,
      "%00",
      "' or 1=1 --",
    ];
    const sessionRoutes = world.gateway.routes.filter(
      (route) => guardOf(route) === "session",
    );
    expect(sessionRoutes).toHaveLength(2);
    for (const value of wrong)
      for (const { method, path } of sessionRoutes) {
        const { status } = await fetch(`${world.gateway.url}${path}`, {
          method,
          headers: {
            ...SAME_ORIGIN,
            cookie: `__Host-vworkspace-session=${value}`,
          },
        });
        expect([path, value, status]).toEqual([path, value, 401]);
      }
    // The name without its prefix is what a page without TLS could plant.
    const planted = await fetch(`${world.gateway.url}/me`, {
      headers: { cookie: `vworkspace-session=${secret}` },
    });
    expect(planted.status).toBe(401);
    expect(await isSignedIn(browser)).toBe(true);
  });
});
