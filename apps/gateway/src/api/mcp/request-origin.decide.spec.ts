import { mayComeFrom } from "./request-origin.decide";

const OWN = "https://gateway.example.com";

describe("a request of an assistant", () => {
  it.each([
    [undefined, undefined, true],
    [undefined, OWN, true],
    ["same-origin", OWN, true],
    [undefined, "https://evil.example", false],
    [undefined, "http://localhost:8080", false],
    [undefined, "null", false],
    [undefined, "", false],
    ["cross-site", undefined, false],
    ["cross-site", OWN, false],
    ["none", undefined, false],
  ])(
    "with Sec-Fetch-Site %j and Origin %j may come from there: %s",
    (site, origin, may) => {
      expect(mayComeFrom({ site, origin }, OWN)).toBe(may);
    },
  );
});
