import {
  CODE_BYTES,
  pairingCode,
  pairingProblem,
  plainCode,
} from "./pairing-rules";

const pairing = {
  code: "x",
  database_uuid: "0190a1b2-0000-7000-8000-000000000001",
  url: "https://odoo.example.com",
  database: "company",
  login: "bridge@example.com",
  key: "k".repeat(40),
};

describe("a pairing code", () => {
  it("has 16 letters in groups that people can read to each other", () => {
    const random = Uint8Array.from({ length: CODE_BYTES }, (_, n) => n * 2);
    expect(pairingCode(random)).toBe("0246-8ACE-GJMP-RTWY");
  });

  it("is the same however it is typed", () => {
    const code = "0146-8ACE-GJMP-RTWY";
    for (const typed of [code, " oi46 8ace gjmp rtwy", "OL468ACEGJMPRTWY"])
      expect(plainCode(typed)).toBe(plainCode(code));
  });
});

describe("a pairing", () => {
  it("is fine as an Odoo sends it", () => {
    expect(pairingProblem(pairing, [])).toBeUndefined();
  });

  it.each([
    [{ database_uuid: "x" }, /database_uuid/],
    [{ database: "" }, /^database must/],
    [{ login: "ü" }, /^login must/],
    [{ key: "a\nb" }, /^key must/],
    [{ key: "k".repeat(300) }, /^key must/],
    [{ url: "http://odoo.example.com" }, /https only/],
  ])("is refused with %j", (wrong, why) => {
    const problem = pairingProblem({ ...pairing, ...wrong }, []);
    expect(problem).toMatch(why);
    expect(problem).not.toContain(pairing.key);
  });
});
