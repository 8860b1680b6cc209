import { mkdtempSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { readOidcConfig } from "./oidc-config";

const PUBLIC = "https://gateway.example.com";
const base = {
  VWORKSPACE_OIDC_ISSUER: "https://login.example.com/realms/x",
  VWORKSPACE_OIDC_CLIENT_ID: "gateway",
};
const read = (
  changes: Readonly<Record<string, string | undefined>> = {},
  publicUrl: string | undefined = PUBLIC,
) => readOidcConfig({ ...base, ...changes }, publicUrl).oidc;

describe("the configuration of an OpenID provider", () => {
  let folder: string;
  beforeAll(() => {
    folder = mkdtempSync(join(tmpdir(), "vworkspace-config-"));
  });
  afterAll(() => rmSync(folder, { recursive: true }));

  it("is none unless an issuer is named", () => {
    expect(readOidcConfig({}, PUBLIC)).toEqual({ oidc: undefined });
    expect(() =>
      readOidcConfig({ VWORKSPACE_OIDC_CLIENT_ID: "x" }, PUBLIC),
    ).toThrow("set the issuer too");
  });

  it("needs an issuer and a client id, and has sensible values for the rest", () => {
    expect(read()).toEqual({
      issuer: "https://login.example.com/realms/x",
      clientId: "gateway",
      clientSecretFile: undefined,
      scopes: "openid profile email",
      sessionSeconds: 43_200,
      publicUrl: PUBLIC,
    });
    expect(() => read({ VWORKSPACE_OIDC_CLIENT_ID: "" })).toThrow("CLIENT_ID");
  });

  it.each([
    "https://login.example.com",
    "https://login.example.com/",
    "http://127.0.0.1:9000",
    "http://localhost/realms/x",
    "http://[::1]:9000",
  ])("takes the issuer %s as it is spelled", (issuer) => {
    expect(read({ VWORKSPACE_OIDC_ISSUER: issuer })?.issuer).toBe(issuer);
  });

  it.each([
    "login.example.com",
    "http://login.example.com",
    "http://127.0.0.1.example.com",
    "ftp://localhost",
    "https://ada@login.example.com",
    "https://login.example.com?x",
    "https://login.example.com#x",
    "https://login.example.com/.well-known/openid-configuration",
  ])("refuses the issuer %s", (issuer) => {
    expect(() => read({ VWORKSPACE_OIDC_ISSUER: issuer })).toThrow(
      `VWORKSPACE_OIDC_ISSUER is "${issuer}"`,
    );
  });

  it("needs the URL that people come back to, at the root of its host", () => {
    expect(() => readOidcConfig(base, undefined)).toThrow(
      "VWORKSPACE_PUBLIC_URL is not set",
    );
    for (const url of [`${PUBLIC}/vworkspace`, `${PUBLIC}:443`, `${PUBLIC}?x`])
      expect(() => read({}, url)).toThrow("VWORKSPACE_PUBLIC_URL is");
    expect(read({}, "https://Gateway.example.com")?.publicUrl).toBe(PUBLIC);
    expect(() => read({}, "http://gateway.example.com")).toThrow("by https");
    expect(read({}, "http://127.0.0.1:8080")?.publicUrl).toBe(
      "http://127.0.0.1:8080",
    );
  });

  it("reads of the secret's file that it is there, and not what is in it", () => {
    const file = join(folder, "secret");
    const name = "VWORKSPACE_OIDC_CLIENT_SECRET_FILE";
    expect(() => read({ [name]: file })).toThrow(`${name} ${file}`);
    writeFileSync(file, "\n");
    expect(() => read({ [name]: file })).toThrow("is empty");
    writeFileSync(file, "s3cret\n");
    expect(JSON.stringify(read({ [name]: file }))).not.toContain("s3cret");
  });

  it("asks for openid among the scopes, and for sessions of a month at most", () => {
    expect(() => read({ VWORKSPACE_OIDC_SCOPES: "profile" })).toThrow("openid");
    expect(read({ VWORKSPACE_OIDC_SCOPES: " openid  groups" })?.scopes).toBe(
      "openid groups",
    );
    for (const hours of ["0", "721", "x"])
      expect(() => read({ VWORKSPACE_OIDC_SESSION_HOURS: hours })).toThrow(
        "VWORKSPACE_OIDC_SESSION_HOURS",
      );
    expect(read({ VWORKSPACE_OIDC_SESSION_HOURS: "1" })?.sessionSeconds).toBe(
      3600,
    );
  });
});
