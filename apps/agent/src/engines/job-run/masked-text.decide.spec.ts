import { maskedText } from "./masked-text.decide";

const base64 = (text: string) => Buffer.from(text).toString("base64");

describe("Secrets in a text", () => {
  it.each<[string, string, string, string]>([
    ["as they are", "hunter2", "login with hunter2!", "login with ***!"],
    ["with a line break at the end", "hunter2\n", "pw=hunter2 ok", "pw=*** ok"],
    [
      "line by line",
      "first-line\nsecond-line\n}",
      "a second-line {}",
      "a *** {}",
    ],
    ["in base64", "hunter2!", `Basic ${base64("hunter2!")}`, "Basic ***"],
    ["in JSON", 'a"b\\c', '{"x":"a\\"b\\\\c"}', '{"x":"***"}'],
    ["in a URL", "a/b c", "?p=a%2Fb%20c&", "?p=***&"],
    ["of one letter", "x", "x axe", "*** a***e"],
  ])("are masked %s", (_, secret, text, masked) => {
    expect(maskedText(text, [base64(secret)])).toBe(masked);
  });

  it("leave no rest where one is part of another", () => {
    const values = ["abcd", "abcdefgh"].map(base64);
    expect(maskedText("abcdefgh abcd", values)).toBe("*** ***");
  });

  it("that are empty mask nothing", () => {
    expect(maskedText("plain", ["", base64("\n")])).toBe("plain");
  });

  it("are tokens too, wherever they come from", () => {
    const token = [{ alg: "none" }, { sub: "runner" }]
      .map((part) => Buffer.from(JSON.stringify(part)).toString("base64url"))
      .join(".");
    expect(maskedText(`Bearer ${token}.c2ln!`, [])).toBe("Bearer ***!");
    expect(maskedText(`${token}.c2ln!`, [base64("e")])).toBe("***!");
  });

  it("in bytes that are no text harm nothing", () => {
    const bytes = Buffer.from([0xff, 0xd8, 0x00]).toString("base64");
    expect(maskedText("plain", [bytes])).toBe("plain");
  });
});
