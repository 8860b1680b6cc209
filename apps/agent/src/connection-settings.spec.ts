import { ConfigurationError } from "@vworkspace/kernel";
import { readConnection } from "./connection-settings";

const HTTPS = "https://gateway.example.com";

describe("The settings of the connection to the control plane", () => {
  it("are Node's own trust and no proxy where nothing is said", () => {
    expect(readConnection({}, HTTPS)).toEqual({});
  });

  it.each([
    [
      { NODE_TLS_REJECT_UNAUTHORIZED: "0" },
      HTTPS,
      "NODE_TLS_REJECT_UNAUTHORIZED",
    ],
    [{}, "http://gateway.example.com", "VWORKSPACE_ALLOW_PLAINTEXT"],
    [{}, "http://127.0.0.1.example.com", "VWORKSPACE_ALLOW_PLAINTEXT"],
    [{ VWORKSPACE_CA_FILE: "/does/not/exist" }, HTTPS, "VWORKSPACE_CA_FILE"],
    [{ VWORKSPACE_CA_FILE: __filename }, HTTPS, "VWORKSPACE_CA_FILE"],
    [{ HTTPS_PROXY: "user:hidden@proxy:3128" }, HTTPS, "HTTPS_PROXY"],
  ])("%j are refused for %s, naming %s", (environment, endpoint, named) => {
    const read = () => readConnection(environment, endpoint);
    expect(read).toThrow(ConfigurationError);
    expect(read).toThrow(named);
    expect(read).not.toThrow("hidden");
  });

  it.each(["http://127.0.0.1:80", "http://localhost:80", "http://[::1]:80"])(
    "allow plaintext on the loopback, without a proxy: %s",
    (endpoint) => {
      const HTTP_PROXY = "http://proxy:3128";
      expect(readConnection({ HTTP_PROXY }, endpoint)).toEqual({});
    },
  );

  it("allow plaintext elsewhere where somebody said so", () => {
    const environment = { VWORKSPACE_ALLOW_PLAINTEXT: "true" };
    expect(readConnection(environment, "http://gateway:8080")).toEqual({});
  });

  it("take the proxies of the environment, in lower case first", () => {
    const environment = {
      HTTPS_PROXY: "http://upper:1",
      https_proxy: "http://lower:1",
      NO_PROXY: "a,b",
    };
    expect(readConnection(environment, HTTPS).proxy).toEqual({
      httpsProxy: "http://lower:1",
      httpProxy: "",
      noProxy: "a,b",
    });
  });
});
