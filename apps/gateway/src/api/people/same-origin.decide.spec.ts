import { isSameOrigin } from "./same-origin.decide";

const OWN = "https://gateway.example.com";

describe("a request of the gateway's own pages", () => {
  it.each([
    ["same-origin", OWN, true],
    ["same-origin", undefined, true],
    [undefined, OWN, true],
    ["same-site", OWN, false],
    ["cross-site", OWN, false],
    ["none", OWN, false],
    ["same-origin,same-origin", OWN, false],
    ["", OWN, false],
    [undefined, undefined, false],
    [undefined, "null", false],
    [undefined, "https://evil.example", false],
    [undefined, "https://gateway.example.com.evil.example", false],
    [undefined, "http://gateway.example.com", false],
    [undefined, "https://gateway.example.com:8443", false],
  ])("is told by Sec-Fetch-Site %j and Origin %j: %s", (site, origin, is) => {
    expect(isSameOrigin({ site, origin }, OWN)).toBe(is);
  });
});
