import { connectionFailure } from "./connection-failure.decide";

function failure(code: string, cause?: Error): Error {
  return Object.assign(new Error("secret-proxy:password", { cause }), { code });
}

describe("What stood between the agent and its control plane", () => {
  it.each([
    ["CERT_HAS_EXPIRED", "server-certificate", "expired"],
    ["CERT_NOT_YET_VALID", "server-certificate", "clock"],
    ["ERR_TLS_CERT_ALTNAME_INVALID", "server-certificate", "another name"],
    ["SELF_SIGNED_CERT_IN_CHAIN", "server-certificate", "VWORKSPACE_CA_FILE"],
    ["ERR_SSL_TLSV1_ALERT_PROTOCOL_VERSION", undefined, "TLS 1.2"],
    ["ECONNREFUSED", undefined, "can't be reached (ECONNREFUSED)"],
    ["constructor", undefined, "can't be reached"],
  ])("%s is told as %s, saying %s", (code, trouble, words) => {
    const told = connectionFailure(failure(code));
    expect(told.trouble).toBe(trouble);
    expect(told.message).toContain(words);
    expect(told.message).not.toContain("password");
  });

  it("looks for the cause beneath what was thrown, and no deeper than it may", () => {
    const inner = failure("CERT_HAS_EXPIRED");
    expect(connectionFailure(failure("UND_ERR_SOCKET", inner)).trouble).toBe(
      "server-certificate",
    );
    const circle = failure("A");
    circle.cause = circle;
    expect(connectionFailure(circle).message).toContain("(A)");
    expect(connectionFailure("no error").trouble).toBe(undefined);
  });

  it("tells the proxy's refusal from its wish for a password", () => {
    const said = (status: number) =>
      connectionFailure(
        new Error(`Proxy response (${status}) !== 200 when HTTP Tunneling`),
      ).message;
    expect(said(407)).toContain("password (407)");
    expect(said(403)).toContain("refuses to connect");
  });
});
