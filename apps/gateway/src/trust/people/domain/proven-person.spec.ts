import { provenBy } from "./proven-person";

const claims = { iss: "https://login.example.com", sub: "s", iat: 1_000 };
const at = (seconds: number) => new Date(seconds * 1000);

describe("a proven person", () => {
  it("is issuer and subject, whatever else the token says", () => {
    const person = provenBy({
      ...claims,
      email: "ada@example.com",
      amr: ["pwd"],
    });
    expect(person).toEqual({
      identity: { issuer: "https://login.example.com/", subject: "s" },
      authenticatedAt: at(1000),
      amr: ["pwd"],
      shownAs: "ada@example.com",
    });
  });

  it.each([
    [900, 900],
    [1000, 1000],
    [0, 0],
    [undefined, 1000],
    ["900", 1000],
    [1001, 1000],
    [-1, 1000],
    [NaN, 1000],
    [1e300, 1000],
  ])("proved himself by auth_time %s at %i", (authTime, seconds) => {
    const { authenticatedAt } = provenBy({ ...claims, auth_time: authTime });
    expect(authenticatedAt).toEqual(at(seconds));
  });

  it("has methods only where they are short texts, and not many", () => {
    const amr = ["pwd", 7, null, "x".repeat(65), "a\u0000", "otp"];
    expect(provenBy({ ...claims, amr }).amr).toEqual(["pwd", "otp"]);
    expect(provenBy({ ...claims, amr: "pwd" }).amr).toEqual([]);
    const many = Array.from({ length: 99 }, () => "x");
    expect(provenBy({ ...claims, amr: many }).amr).toHaveLength(16);
  });

  it("is shown by the first name that can be shown", () => {
    const names = { email: 7, preferred_username: "", name: "Ada" };
    expect(provenBy({ ...claims, ...names }).shownAs).toBe("Ada");
    expect(provenBy(claims).shownAs).toBeUndefined();
  });
});
