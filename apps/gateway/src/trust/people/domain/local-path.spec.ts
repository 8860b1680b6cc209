import fc from "fast-check";
import { requireLocalPath } from "./local-path";

const HERE = "https://gateway.example.com";

describe("a path to go on to", () => {
  it.each([
    ["/", "/"],
    ["/me", "/me"],
    ["/a/b?c=/d#e", "/a/b?c=/d#e"],
    ["/ä b", "/%C3%A4%20b"],
    ["/a/../me", "/me"],
    ["/x?to=//evil.example", "/x?to=//evil.example"],
    ["/%2F/evil.example", "/%2F/evil.example"],
  ])("is %j as %j", (text, path) => {
    expect(requireLocalPath(text)).toBe(path);
  });

  it.each([
    "",
    "me",
    "//evil.example",
    "///evil.example",
    "/\\evil.example",
    "\\/evil.example",
    "/..//evil.example",
    "/.//evil.example",
    "/a/..//evil.example",
    "/%2e%2e//evil.example",
    "/\t/evil.example",
    "/\u007f",
    "https://evil.example",
    "/\ud800",
    `/${"a".repeat(512)}`,
    `/${"ä".repeat(300)}`,
  ])("is not %j", (text) => {
    expect(() => requireLocalPath(text)).toThrow("return_to must be a path");
  });

  it("leads nowhere else, whatever it is made of", () => {
    const pieces = fc.constantFrom(
      ...[
        "/",
        "\\",
        "..",
        ".",
        "%2e",
        "%2f",
        "@",
        ":",
        "?",
        "#",
        "evil.example",
      ],
      ...["\t", "\n", "\r", " ", "a", "http", "\u3002", "\uff0f"],
    );
    const texts = fc.array(pieces, { maxLength: 9 });
    fc.assert(
      fc.property(texts, (parts) => {
        let path: string;
        try {
          path = requireLocalPath(`/${parts.join("")}`);
        } catch {
          return;
        }
        expect(new URL(path, HERE).origin).toBe(HERE);
        expect(path).toMatch(/^\/(?!\/)[\x21-\x7e]*$/);
      }),
      { numRuns: 2000 },
    );
  });
});
