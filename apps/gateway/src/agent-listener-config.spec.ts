import { readAgentListenerConfig } from "./agent-listener-config";
import { readGatewayConfig } from "./config";

describe("configuration of the agents' listener", () => {
  it("serves agents over the people's port where nothing is set", () => {
    expect(readAgentListenerConfig({}).agents).toMatchObject({
      address: undefined,
      isPlainServed: true,
      tlsFiles: undefined,
      caFiles: undefined,
      tlsMin: "TLSv1.3",
      trustDomain: "vworkspace",
      certificateHeader: undefined,
    });
  });

  it("serves them over TLS only, once that has an address", () => {
    const address = { VWORKSPACE_AGENT_ADDR: "0.0.0.0:8443" };
    const { agents } = readAgentListenerConfig(address);
    expect(agents).toMatchObject({
      address: { host: "0.0.0.0", port: 8443 },
      isPlainServed: false,
      hostNames: ["localhost"],
    });
    const both = { ...address, VWORKSPACE_AGENT_PLAIN: "true" };
    expect(readAgentListenerConfig(both).agents.isPlainServed).toBe(true);
  });

  it.each([
    ["VWORKSPACE_AGENT_TLS_CERT_FILE", "a.crt", "together"],
    ["VWORKSPACE_AGENT_CA_KEY_FILE", "a.key", "together"],
    ["VWORKSPACE_AGENT_TLS_MIN", "1.1", "use 1.3 or 1.2"],
    ["VWORKSPACE_CLIENT_CERT_HEADER", "constructor", "use client-cert or"],
    ["VWORKSPACE_TRUST_DOMAIN", "A/b", "lower-case"],
    ["VWORKSPACE_AGENT_HOSTNAMES", "a b", "host names"],
    ["VWORKSPACE_AGENT_ADDR", "8443", "HOST:PORT"],
    ["VWORKSPACE_TRUSTED_PROXIES", "10.0.0.0/99", "networks"],
  ])("refuses %s=%s in words", (name, value, words) => {
    expect(() => readAgentListenerConfig({ [name]: value })).toThrow(words);
  });

  it("is not on an address that others reach where the database is embedded or the demo runs", () => {
    const address = { VWORKSPACE_AGENT_ADDR: "0.0.0.0:8443" };
    const words = "VWORKSPACE_AGENT_ADDR is 0.0.0.0";
    expect(() => readGatewayConfig(address)).toThrow(words);
    const database = { DATABASE_URL: "postgres://localhost/vworkspace" };
    expect(() =>
      readGatewayConfig({ ...address, ...database, VWORKSPACE_DEMO: "true" }),
    ).toThrow(words);
    const { agents } = readGatewayConfig({ ...address, ...database });
    expect(agents.address?.port).toBe(8443);
    const own = { VWORKSPACE_AGENT_ADDR: "127.0.0.1:8443" };
    expect(readGatewayConfig(own).agents.address?.host).toBe("127.0.0.1");
  });
});
