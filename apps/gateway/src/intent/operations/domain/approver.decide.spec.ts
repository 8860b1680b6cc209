import { decidedBy, isSameParty, type Party } from "./approver.decide";

const ODOO_ANN = { odoo_uid: 7, login: "ann@example.com" };
const ODOO_BEA = { odoo_uid: 8, login: "bea@example.com" };

const bridge = (onBehalfOf: Party["onBehalfOf"], userId = "b"): Party => ({
  userId,
  login: "odoo-bridge",
  onBehalfOf,
});
const user = (userId: string, login = `${userId}@example.com`): Party => ({
  userId,
  login,
  onBehalfOf: null,
});

describe("Who decides on an operation", () => {
  const session = {
    id: "s",
    issuer: "https://login.example.com/",
    authenticatedAt: new Date(0),
    amr: [],
    expiresAt: new Date(1),
  };

  it("is known by his key or his sign-in, whatever the organization takes besides", () => {
    for (const trust of ["personal", "odoo"] as const)
      for (const role of ["approver", "admin"] as const) {
        expect(decidedBy({ role }, trust)).toBe("key");
        expect(decidedBy({ role, session }, trust)).toBe("oidc");
      }
  });

  it("is nobody whom a bridge names, unless the organization takes Odoo's word", () => {
    const asserted = { role: "bridge", onBehalfOf: ODOO_ANN } as const;
    expect(() => decidedBy(asserted, "personal")).toThrow(/approval_url/);
    expect(() => decidedBy({ role: "bridge" }, "personal")).toThrow(
      /approval_trust/,
    );
    // Whom Odoo names is known by Odoo's word, whatever key brings it.
    expect(() =>
      decidedBy({ role: "admin", onBehalfOf: ODOO_ANN }, "personal"),
    ).toThrow(/approval_trust/);
    expect(decidedBy(asserted, "odoo")).toBe("odoo");
  });

  it("has to be named by the bridge", () => {
    expect(() => decidedBy({ role: "bridge" }, "odoo")).toThrow(
      /on_behalf_of is missing/,
    );
  });
});

describe("Two who ask and decide are one person", () => {
  it.each<[string, Party, Party]>([
    ["as the same user", user("ann"), user("ann")],
    ["as the same one in Odoo", bridge(ODOO_ANN), bridge(ODOO_ANN)],
    [
      "as the same uid in Odoo, under another login",
      bridge(ODOO_ANN),
      bridge({ ...ODOO_BEA, odoo_uid: 7 }),
    ],
    [
      "as the same login in Odoo, by another bridge and however it is spelled",
      bridge(ODOO_ANN),
      bridge({ odoo_uid: 9, login: "Ann@Example.com " }, "other"),
    ],
    [
      "as a user whose login Odoo names",
      user("ann", "ANN@example.com"),
      bridge(ODOO_ANN),
    ],
    [
      "for all that is known where the bridge named nobody",
      bridge(null),
      bridge(ODOO_ANN),
    ],
  ])("%s", (_, one, other) => {
    expect(isSameParty(one, other)).toBe(true);
    expect(isSameParty(other, one)).toBe(true);
  });

  it.each<[string, Party, Party]>([
    ["another user", user("ann"), user("bea")],
    ["another one in Odoo", bridge(ODOO_ANN), bridge(ODOO_BEA)],
    [
      "another Odoo's user of the same uid",
      bridge(ODOO_ANN),
      bridge({ ...ODOO_BEA, odoo_uid: 7 }, "other"),
    ],
    ["a user of another login", user("bea"), bridge(ODOO_ANN)],
  ])("unless the other is %s", (_, one, other) => {
    expect(isSameParty(one, other)).toBe(false);
    expect(isSameParty(other, one)).toBe(false);
  });
});
