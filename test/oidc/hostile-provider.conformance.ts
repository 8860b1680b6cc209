import { SignJWT } from "jose";
import {
  type HonestToken,
  type HostileProvider,
  type Lies,
  startHostileProvider,
} from "./hostile-provider";
import type { Shown } from "./browser";
import { PUBLIC_URL, SignInWorld } from "./sign-in-world";

jest.setTimeout(60_000);

const HOUR = 3600;
const now = () => Math.floor(Date.now() / 1000);
const part = (value: object) =>
  Buffer.from(JSON.stringify(value)).toString("base64url");
/** An honest token but for some claims. */
const honestBut =
  (changes: (honest: HonestToken) => object) => (honest: HonestToken) =>
    honest.sign({ ...honest.claims, ...changes(honest) });

/** ID tokens that say what an honest one says, but for one thing. */
const TOKENS: Readonly<Record<string, Required<Lies>["token"]>> = {
  "that nobody signed": ({ claims }) =>
    `${part({ alg: "none" })}.${part(claims)}.`,
  "whose signature was taken off": async ({ claims, sign }) =>
    (await sign(claims)).replace(/[^.]+$/, ""),
  "of another key": ({ claims, forge }) => forge(claims),
  "whose claims were changed afterwards": async ({ claims, sign }) => {
    const [header, , signature] = (await sign(claims)).split(".");
    return [header, part({ ...claims, sub: "sub-admin" }), signature].join(".");
  },
  "of a key that the provider doesn't publish": ({ claims, sign }) =>
    sign(claims, { kid: "k2" }),
  "signed with its public key as if that were a secret": ({
    claims,
    publicJwk,
  }) =>
    new SignJWT({ ...claims })
      .setProtectedHeader({ alg: "HS256", kid: "k1" })
      .sign(Buffer.from(JSON.stringify(publicJwk))),
  "for another client": honestBut(() => ({ aud: "somebody-else" })),
  "for several, and given to another one": honestBut(() => ({
    aud: ["gateway", "somebody-else"],
    azp: "somebody-else",
  })),
  "of another issuer": honestBut(() => ({ iss: "https://login.example.net" })),
  "that has expired": honestBut(() => ({
    iat: now() - 2 * HOUR,
    exp: now() - HOUR,
  })),
  "that doesn't count yet": honestBut(() => ({ nbf: now() + HOUR })),
  "without an end": honestBut(() => ({ exp: undefined })),
  "with the nonce of another sign-in": honestBut(() => ({ nonce: "another" })),
  "without a nonce": honestBut(() => ({ nonce: undefined })),
  "without a subject": honestBut(() => ({ sub: undefined })),
  "with an empty subject": honestBut(() => ({ sub: "" })),
  "with a subject that no database can hold": honestBut(() => ({
    sub: "sub\u0000x",
  })),
  "that is none": () => "this.is.nothing",
};

/** What a browser may bring from elsewhere. */
const CALLBACKS: Readonly<Record<string, Required<Lies>["callback"]>> = {
  "another issuer's name": (answer) =>
    answer.set("iss", "https://login.example.net"),
  "no issuer's name, which the metadata promise": (answer) =>
    answer.delete("iss"),
  "no code": (answer) => answer.delete("code"),
  "two codes": (answer) => answer.append("code", "second"),
};

/** Answers of the token endpoint that are none. */
const TOKEN_ANSWERS: Readonly<
  Record<string, [number, Required<Lies>["tokenEndpoint"]]>
> = {
  "sends it elsewhere": [
    503,
    (reply) =>
      void reply.writeHead(307, { location: "http://127.0.0.1:9/" }).end(),
  ],
  fails: [503, (reply) => void reply.writeHead(500).end("<h1>Oops</h1>")],
  "hangs up": [503, (reply) => void reply.destroy()],
  "says nothing for as long as one waits": [503, () => undefined],
  "refuses the code": [
    403,
    (reply) =>
      void reply
        .writeHead(400, { "content-type": "application/json" })
        .end('{"error":"invalid_grant","error_description":"<b>no</b>"}'),
  ],
  "never stops talking": [
    403,
    (reply) => {
      reply.writeHead(200, { "content-type": "application/json" });
      reply.end(`{"access_token":"${"x".repeat(2_000_000)}"}`);
    },
  ],
  "forgets the ID token": [
    403,
    (reply) =>
      void reply
        .writeHead(200, { "content-type": "application/json" })
        .end('{"access_token":"x","token_type":"Bearer"}'),
  ],
};

describe("An OpenID provider that can't be believed", () => {
  let provider: HostileProvider;
  let world: SignInWorld;

  beforeAll(async () => {
    provider = await startHostileProvider();
    world = await SignInWorld.make(provider);
    await world.user("ada", "hostile", { subject: provider.subject });
    await world.user("root", "hostile", {
      subject: "sub-admin",
      role: "admin",
    });
  });
  beforeEach(() => {
    provider.lies = {};
  });
  afterAll(async () => {
    await world.stop();
    await provider.stop();
  });

  async function signIn(lies: Lies): Promise<{
    readonly shown: Shown;
    readonly isSignedIn: boolean;
  }> {
    provider.lies = lies;
    const browser = world.browser();
    const shown = await browser.go(`${PUBLIC_URL}/login`);
    const isSignedIn = browser.cookie(PUBLIC_URL, "-session") !== undefined;
    return { shown, isSignedIn };
  }

  it("signs somebody in as long as it tells the truth, so that the rest can fail", async () => {
    const { shown, isSignedIn } = await signIn({});
    expect([shown.status, isSignedIn]).toEqual([200, true]);
    expect(shown.text).toContain("ada");
  });

  it.each(Object.entries(TOKENS))(
    "signs nobody in by an ID token %s",
    async (_, token) => {
      const before = await world.failures();
      const { shown, isSignedIn } = await signIn({ token });
      expect([shown.status, isSignedIn]).toEqual([403, false]);
      expect(shown.text).toContain("does not accept");
      const { answer_refused: count } = await world.failures();
      expect(count).toBe((before["answer_refused"] ?? 0) + 1);
    },
  );

  it.each(Object.entries(CALLBACKS))(
    "signs nobody in by a browser that brings %s",
    async (_, callback) => {
      const { shown, isSignedIn } = await signIn({ callback });
      expect([shown.status, isSignedIn]).toEqual([403, false]);
    },
  );

  it.each(Object.entries(TOKEN_ANSWERS))(
    "signs nobody in where its token endpoint %s",
    async (_, [status, tokenEndpoint]) => {
      const { shown, isSignedIn } = await signIn({ tokenEndpoint });
      expect([shown.status, isSignedIn]).toEqual([status, false]);
      expect(shown.text).not.toContain("<b>");
    },
  );

  it("puts no markup of its own into a page", async () => {
    const { shown, isSignedIn } = await signIn({
      callback: (answer) => {
        answer.delete("code");
        answer.set("error", "access_denied");
        answer.set(
          "error_description",
          `<script>alert(1)</script>"'><img src=x onerror=alert(1)>`,
        );
      },
    });
    expect([shown.status, isSignedIn]).toEqual([403, false]);
    expect(shown.text).toContain("access_denied: &lt;script&gt;alert(1)");
    expect(shown.text).not.toMatch(/<script|<img/);
  });

  it("can't claim that somebody proved himself later than its token says", async () => {
    const token = honestBut(() => ({
      auth_time: now() + 10 * HOUR,
      amr: ["a", 7],
    }));
    await signIn({ token });
    const [row] = await world.gateway.look<{ isPast: boolean; amr: unknown }>(
      `select authenticated_at <= now() as "isPast", amr from user_sessions order by number desc limit 1`,
    );
    expect(row).toEqual({ isPast: true, amr: ["a"] });
  });

  it("is none where its metadata name another issuer or have no end", async () => {
    provider.lies = { metadata: { issuer: "https://login.example.net" } };
    const other = await SignInWorld.make(provider);
    const until = ({ origin }: URL) => origin === provider.issuer;
    const ask = () => other.browser().go(`${PUBLIC_URL}/login`, { until });
    try {
      expect((await ask()).status).toBe(503);
      provider.lies = { metadata: { padding: "x".repeat(600_000) } };
      expect((await ask()).status).toBe(503);
      provider.lies = {};
      expect((await ask()).url.origin).toBe(provider.issuer);
    } finally {
      await other.stop();
    }
  });
});
