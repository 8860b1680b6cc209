import { Logger } from "@nestjs/common";
import { ManualClock } from "@vworkspace/kernel";
import { OpenIdProvider } from "../../apps/gateway/src/trust/people/adapters/open-id-provider";
import { eventually } from "../cluster/eventually";
import { type HostileProvider, startHostileProvider } from "./hostile-provider";
import { PUBLIC_URL } from "./sign-in-world";

const HOUR_MS = 3_600_000;

describe("What the gateway knows of its OpenID provider", () => {
  let server: HostileProvider;
  let clock: ManualClock;
  let provider: OpenIdProvider;

  beforeAll(() => {
    Logger.overrideLogger(false);
  });
  beforeEach(async () => {
    server = await startHostileProvider();
    clock = new ManualClock();
    provider = new OpenIdProvider(
      {
        issuer: server.issuer,
        clientId: server.clientId,
        clientSecretFile: undefined,
        scopes: "openid",
        sessionSeconds: 3600,
        publicUrl: PUBLIC_URL,
      },
      clock,
    );
  });
  afterEach(() => server.stop());

  /** Where somebody who wants to sign in is sent. */
  const place = async () => new URL((await provider.begin()).url).pathname;
  const moveTo = (path: string) => {
    server.lies = {
      metadata: { authorization_endpoint: `${server.issuer}${path}` },
    };
  };

  it("is read once, however many ask at the same moment", async () => {
    await Promise.all([place(), place(), place()]);
    await place();
    expect(server.reads).toBe(1);
  });

  it("is read anew after an hour, while the old is in use", async () => {
    expect(await place()).toBe("/authorize");
    moveTo("/moved");
    await clock.advance(HOUR_MS - 1);
    expect(await place()).toBe("/authorize");
    expect(server.reads).toBe(1);
    await clock.advance(1);
    expect(await place()).toBe("/authorize");
    await eventually("the new place", async () => (await place()) === "/moved");
    expect(server.reads).toBe(2);
  });

  it("stays what it was while the provider says nothing sensible, and is asked for once a minute", async () => {
    await place();
    server.lies = { metadata: { issuer: "https://login.example.net" } };
    await clock.advance(HOUR_MS);
    await eventually("the second question", async () => {
      expect(await place()).toBe("/authorize");
      return server.reads === 2;
    });
    // Whatever became of it, there is no other within the minute.
    for (let count = 0; count < 20; count += 1)
      expect(await place()).toBe("/authorize");
    expect(server.reads).toBe(2);
    moveTo("/moved");
    await clock.advance(60_000);
    await eventually("the new place", async () => (await place()) === "/moved");
    expect(server.reads).toBe(3);
  });

  it("has no place to sign out where the provider has none, or can't be reached", async () => {
    expect(await provider.signOutUrl()).toBeUndefined();
    await server.stop();
    expect(await provider.signOutUrl()).toBeUndefined();
  });
});
