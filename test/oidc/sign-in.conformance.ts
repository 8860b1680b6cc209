import { PUBLIC_URL, CALLBACK, SignInWorld } from "./sign-in-world";
import { startProvider, type TestProvider } from "./start-provider";

jest.setTimeout(60_000);

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

  it("is a user of the gateway, known as himself, until he signs out", async () => {
    await world.user("ada", "happy", { subject: "sub-ada" });
    provider.answer = { subject: "sub-ada", amr: ["pwd", "otp"] };
    const browser = world.browser();
    const shown = await browser.go(`${PUBLIC_URL}/login`);
    expect(shown.status).toBe(200);
    expect(shown.url.href).toBe(`${PUBLIC_URL}/me`);
  });
});
