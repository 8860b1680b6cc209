import { normaliseHtu } from "./normalise-htu";

describe("normaliseHtu", () => {
  it.each([
    ["scheme and host in any case", "HTTPS://Gateway.Example.COM/a"],
    ["the default port", "https://gateway.example.com:443/a"],
    ["a query and a fragment", "https://gateway.example.com/a?b=c#d"],
    ["dot segments", "https://gateway.example.com/x/../a"],
    ["needless percent-encodings", "https://gateway.example.com/%61"],
  ])("takes %s for the same URL", (_, text) => {
    expect(normaliseHtu(text)).toBe("https://gateway.example.com/a");
  });

  it("keeps what makes another URL: scheme, port, case and encoding of the path", () => {
    const texts = [
      "https://gateway.example.com/a",
      "http://gateway.example.com/a",
      "https://gateway.example.com:8443/a",
      "https://gateway.example.com/A",
      "https://gateway.example.com/a/",
      "https://gateway.example.com/%2fa",
    ];
    const distinct = new Set(texts.map(normaliseHtu));
    expect(distinct.size).toBe(texts.length);
    expect(distinct).toContain("https://gateway.example.com/%2Fa");
  });

  it.each([
    "",
    "/a",
    "ftp://gateway.example.com/a",
    "https://user:password@gateway.example.com/a",
    `https://gateway.example.com/${"a".repeat(2048)}`,
  ])("takes %p for none", (text) => {
    expect(normaliseHtu(text)).toBe(undefined);
  });
});
