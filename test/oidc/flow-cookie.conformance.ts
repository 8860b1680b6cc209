import { ManualClock } from "@vworkspace/kernel";
import { MasterKey } from "../../apps/gateway/src/database/master-key";
import { SignInFlows } from "../../apps/gateway/src/trust/people/sign-in-flows";
import type { Browser } from "./browser";
import { CALLBACK, PUBLIC_URL, SignInWorld } from "./sign-in-world";
import { startProvider, type TestProvider } from "./start-provider";

jest.setTimeout(60_000);

describe("A sign-in that is under way", () => {
  let provider: TestProvider;
  let world: SignInWorld;

  beforeAll(async () => {
    provider = await startProvider(CALLBACK);
    world = await SignInWorld.make(provider);
    await world.user("ada", "flows", { subject: "sub-ada" });
    provider.answer = { subject: "sub-ada" };
  });
  afterAll(async () => {
    await world.stop();
    await provider.stop();
  });

  /** Up to the moment when the provider sends the browser back. */
  async function atTheCallback(
    browser = world.browser(),
  ): Promise<{ readonly browser: Browser; readonly callback: URL }> {
    const { url: callback } = await browser.go(`${PUBLIC_URL}/login`, {
      until: ({ origin, pathname }) => `${origin}${pathname}` === CALLBACK,
    });
    return { browser, callback };
  }

  /** How the callback ends: status, and the reason that is counted for it. */
  async function outcome(browser: Browser, callback: URL) {
    const before = await world.failures();
    const { status, text } = await browser.go(callback);
    const after = await world.failures();
    const reason = Object.keys(after).find((one) => after[one] !== before[one]);
    expect(browser.cookie(PUBLIC_URL, "-login")).toBeUndefined();
    const isIn = browser.cookie(PUBLIC_URL, "-session") !== undefined;
    return { status, reason, isIn, text };
  }

  const refusedFor = (reason: string) =>
    expect.objectContaining({ status: 400, reason, isIn: false }) as unknown;

  it("ends signed in where nobody interferes, so that the rest can fail", async () => {
    const { browser, callback } = await atTheCallback();
    expect(await outcome(browser, callback)).toMatchObject({
      status: 200,
      isIn: true,
    });
  });

  it("is not that of another browser: nobody can be signed in as somebody else by a link", async () => {
    const { callback } = await atTheCallback();
    expect(await outcome(world.browser(), callback)).toEqual(
      refusedFor("no_flow"),
    );
    const victim = await atTheCallback();
    expect(await outcome(victim.browser, callback)).toEqual(
      refusedFor("wrong_state"),
    );
  });

  it("counts once: the same answer again is refused, with the cookie too", async () => {
    const { browser, callback } = await atTheCallback();
    const cookie = browser.cookie(PUBLIC_URL, "-login") ?? "";
    await browser.go(callback);
    browser.forget(PUBLIC_URL);
    expect(await outcome(browser, callback)).toEqual(refusedFor("no_flow"));
    const copy = await fetch(
      `${world.gateway.url}/login/callback${callback.search}`,
      {
        redirect: "manual",
        headers: {
          accept: "text/html",
          cookie: `__Host-vworkspace-login=${cookie}`,
        },
      },
    );
    // The provider takes its code once.
    expect(copy.status).toBe(403);
    expect(copy.headers.getSetCookie().join()).not.toContain("-session");
  });

  it.each<[string, (query: URLSearchParams) => void]>([
    ["another state", (query) => query.set("state", "x".repeat(43))],
    ["no state", (query) => query.delete("state")],
    ["an empty state", (query) => query.set("state", "")],
    ["two states", (query) => query.append("state", "x")],
  ])("is refused with %s", async (_, change) => {
    const { browser, callback } = await atTheCallback();
    change(callback.searchParams);
    expect(await outcome(browser, callback)).toEqual(refusedFor("wrong_state"));
  });

  it("shows nobody's words where the state is not its own", async () => {
    const { browser } = await atTheCallback();
    const { text } = await outcome(
      browser,
      new URL(`${CALLBACK}?error=x&error_description=call+0800&state=x`),
    );
    expect(text).not.toContain("0800");
  });

  it("is refused after ten minutes", async () => {
    const { browser, callback } = await atTheCallback();
    const flows = new SignInFlows(
      world.gateway.get(MasterKey),
      new ManualClock(Date.now() - 11 * 60_000),
    );
    const state = callback.searchParams.get("state") ?? "";
    const late = flows.seal({
      state,
      nonce: "n",
      verifier: "v",
      returnTo: "/me",
      organization: undefined,
    });
    browser.setCookie(PUBLIC_URL, "-login", late);
    expect(await outcome(browser, callback)).toEqual(
      refusedFor("flow_expired"),
    );
  });

  it.each<[string, (cookie: string, key: MasterKey) => string]>([
    ["changed in one place", (cookie) => swapped(cookie, 60)],
    ["changed at its end", (cookie) => swapped(cookie, cookie.length - 2)],
    ["cut off", (cookie) => cookie.slice(0, -8)],
    ["empty", () => ""],
    ["nonsense", () => "a".repeat(200)],
    ["without end", () => "a".repeat(9000)],
    ["no base64", (cookie) => `${cookie}!`],
    [
      "sealed for something else",
      (_cookie, key) => {
        const [state, nonce, verifier] = ["s", "n", "v"];
        const flow = { state, nonce, verifier, returnTo: "/me" };
        const plain = JSON.stringify({ ...flow, expiresAt: 4e12 });
        return key
          .seal(Buffer.from(plain), "signing_keys:x")
          .toString("base64url");
      },
    ],
    [
      "sealed, and nothing of its kind",
      (_cookie, key) =>
        key
          .seal(Buffer.from("[1]"), "people:sign-in-flow")
          .toString("base64url"),
    ],
  ])("is refused with a cookie that is %s", async (_, change) => {
    const { browser, callback } = await atTheCallback();
    const cookie = browser.cookie(PUBLIC_URL, "-login") ?? "";
    const key = world.gateway.get(MasterKey);
    browser.setCookie(PUBLIC_URL, "-login", change(cookie, key));
    expect(await outcome(browser, callback)).toEqual(refusedFor("no_flow"));
  });

  it("is refused with headers that are larger than any browser's", async () => {
    const { status } = await fetch(`${world.gateway.url}/login/callback`, {
      headers: { cookie: `__Host-vworkspace-login=${"a".repeat(20_000)}` },
    });
    expect(status).toBe(431);
  });
});

function swapped(text: string, place: number): string {
  const other = text[place] === "A" ? "B" : "A";
  return `${text.slice(0, place)}${other}${text.slice(place + 1)}`;
}
