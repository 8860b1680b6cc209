import {
  readClientCert,
  readForwardedClientCert,
} from "./certificate-header.decide";

const DER = Buffer.from("three hundred bytes of a certificate, or so: + / =");
const BASE64 = DER.toString("base64");
const PEM = encodeURIComponent(
  `-----BEGIN CERTIFICATE-----\n${BASE64}\n-----END CERTIFICATE-----\n`,
);

describe("a certificate in a proxy's header", () => {
  it.each([
    ["a byte sequence", `:${BASE64}:`, true],
    ["one with spaces around it", ` :${BASE64}: `, true],
    ["bare base64", BASE64, false],
    ["two of them", `:${BASE64}:, :${BASE64}:`, false],
    ["other characters", ":a b!:", false],
    ["an empty one", "::", false],
    ["nothing", "", false],
    ["too much", `:${"A".repeat(20_000)}:`, false],
  ])("by RFC 9440: %s", (_name, value, isRead) => {
    expect(readClientCert(value)).toEqual(isRead ? DER : undefined);
  });

  it.each([
    ["a certificate", `Cert="${PEM}"`, true],
    ["one among others", `Hash=abc;Cert="${PEM}";Subject="CN=a,O=b;c"`, true],
    ["the last element", `Cert="aaa",Hash=abc;Cert="${PEM}"`, true],
    ["one that stands before the last", `Cert="${PEM}",Hash=abc`, false],
    ["one inside of another's quotes", `Subject="a;Cert=${PEM};b"`, false],
    ["one behind an escaped quote", `Subject="a\\";Cert=${PEM};b\\""`, false],
    ["two in one element", `Cert="${PEM}";Cert="${PEM}"`, false],
    ["a broken encoding", `Cert="%E0%A4%A"`, false],
    ["no PEM", `Cert="abc"`, false],
    ["a hash alone", "Hash=abc", false],
    ["nothing", "", false],
    ["too much", `Cert="${"A".repeat(20_000)}"`, false],
  ])("by Envoy: %s", (_name, value, isRead) => {
    expect(readForwardedClientCert(value)).toEqual(isRead ? DER : undefined);
  });
});
