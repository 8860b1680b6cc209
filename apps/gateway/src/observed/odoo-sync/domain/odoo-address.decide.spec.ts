import { addressProblem } from "./odoo-address.decide";

describe("the address of an Odoo", () => {
  it.each([
    "https://odoo.example.com",
    "https://odoo.example.com:8443/under",
    "https://10.1.2.3",
    "http://127.0.0.1:8069",
    "http://localhost:8069",
    "http://[::1]:8069",
    "http://odoo.internal",
  ])("%s is fine", (url) => {
    expect(addressProblem(url, ["odoo.internal"])).toBeUndefined();
  });

  it.each([
    ["", /give the https address/],
    ["odoo", /give the https address/],
    ["file:///etc/passwd", /give the https address/],
    ["https://ada:secret@odoo.example.com", /without user/],
    ["https://odoo.example.com/?next=x", /without user/],
    ["https://odoo.example.com/#x", /without user/],
    ["http://odoo.example.com", /VWORKSPACE_ODOO_HTTP_HOSTS/],
    ["http://127.0.0.1.example.com", /https only/],
    ["https://169.254.169.254/latest", /no address of an Odoo/],
    ["https://[fe80::1]", /no address of an Odoo/],
    ["https://0.0.0.0", /no address of an Odoo/],
    ["https://2852039166", /no address of an Odoo/],
    [`https://odoo.example.com/${"x".repeat(600)}`, /give the https address/],
  ])("%s is refused", (url, why) => {
    expect(addressProblem(url, [])).toMatch(why);
  });
});
