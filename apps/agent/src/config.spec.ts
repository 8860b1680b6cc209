import { ConfigurationError } from "@vworkspace/kernel";
import { AGENT_ENVIRONMENT, readAgentConfig } from "./config";

const MINIMUM = { CONTROL_PLANE_ENDPOINT: "https://gateway.example.com" };

describe("The agent's configuration", () => {
  it("needs no more than the gateway's URL", () => {
    expect(readAgentConfig(MINIMUM)).toMatchObject({
      controlPlaneEndpoint: "https://gateway.example.com",
      agentNamespace: "vworkspace-system",
      namespacePatterns: ["*"],
      allowedKinds: [],
      pollWaitSeconds: 50,
      jobLeaseMs: 600_000,
      http: undefined,
      isSimulated: false,
    });
  });

  it("expects other replicas in a pod, and none where a kubeconfig says which cluster it is", () => {
    const elects = (environment: Readonly<Record<string, string>>) =>
      readAgentConfig({ ...MINIMUM, ...environment }).hasLeaderElection;
    const KUBECONFIG = "/home/me/config";
    expect(elects({})).toBe(true);
    expect(elects({ KUBECONFIG })).toBe(false);
    expect(elects({ KUBECONFIG, VWORKSPACE_LEADER_ELECTION: "true" })).toBe(
      true,
    );
    expect(elects({ VWORKSPACE_LEADER_ELECTION: "false" })).toBe(false);
  });

  it("takes the URL with the agent's base path as well", () => {
    const endpoint = "https://gateway.example.com/api/agent/";
    expect(
      readAgentConfig({ CONTROL_PLANE_ENDPOINT: endpoint })
        .controlPlaneEndpoint,
    ).toBe("https://gateway.example.com");
  });

  it("reads kinds and patterns", () => {
    expect(
      readAgentConfig({
        ...MINIMUM,
        VWORKSPACE_ALLOWED_KINDS: "v1/ConfigMap, apps/v1/Deployment",
        VWORKSPACE_NAMESPACE_PATTERNS: "shop-*,crm",
      }),
    ).toMatchObject({
      allowedKinds: [
        { apiVersion: "v1", kind: "ConfigMap" },
        { apiVersion: "apps/v1", kind: "Deployment" },
      ],
      namespacePatterns: ["shop-*", "crm"],
    });
  });

  it.each([
    [{}, "CONTROL_PLANE_ENDPOINT"],
    [{ CONTROL_PLANE_ENDPOINT: "gateway:8080" }, "CONTROL_PLANE_ENDPOINT"],
    [{ VWORKSPACE_AGENT_TOKEN: "t" }, "VWORKSPACE_CLUSTER_ID"],
    [{ VWORKSPACE_POLL_WAIT_SECONDS: "301" }, "VWORKSPACE_POLL_WAIT_SECONDS"],
    [{ VWORKSPACE_POLL_WAIT_SECONDS: "x" }, "VWORKSPACE_POLL_WAIT_SECONDS"],
    [{ VWORKSPACE_SIMULATED: "perhaps" }, "VWORKSPACE_SIMULATED"],
    [{ VWORKSPACE_LOG_LEVEL: "loud" }, "VWORKSPACE_LOG_LEVEL"],
    [{ VWORKSPACE_AGENT_HTTP_ADDR: "9090" }, "VWORKSPACE_AGENT_HTTP_ADDR"],
    [{ VWORKSPACE_NAMESPACE_PATTERNS: "A b" }, "VWORKSPACE_NAMESPACE_PATTERNS"],
    [{ VWORKSPACE_ALLOWED_KINDS: "ConfigMap" }, "VWORKSPACE_ALLOWED_KINDS"],
    [
      { VWORKSPACE_ALLOWED_KINDS: "rbac.authorization.k8s.io/v1/Role" },
      "VWORKSPACE_ALLOWED_KINDS",
    ],
  ])("refuses %j, naming %s", (wrong, named) => {
    const isEndpoint = named === "CONTROL_PLANE_ENDPOINT";
    const read = () =>
      readAgentConfig(isEndpoint ? wrong : { ...MINIMUM, ...wrong });
    expect(read).toThrow(ConfigurationError);
    expect(read).toThrow(named);
  });

  it("starts without the file of the registration token, which may be gone once it was used, and names it where it is missed", () => {
    const file = "/does/not/exist";
    const config = readAgentConfig({
      ...MINIMUM,
      VWORKSPACE_REGISTRATION_TOKEN_FILE: file,
    });
    expect(config.registrationToken()).toBe(undefined);
    expect(config.unreadableTokenFile()).toBe(file);
  });

  it("lists every variable once, and marks what is secret", () => {
    const names = AGENT_ENVIRONMENT.map(({ name }) => name);
    expect(new Set(names).size).toBe(names.length);
    const secret = AGENT_ENVIRONMENT.filter(({ isSecret }) => isSecret);
    expect(secret.map(({ name }) => name)).toEqual([
      "HTTPS_PROXY",
      "HTTP_PROXY",
      "VWORKSPACE_REGISTRATION_TOKEN",
      "VWORKSPACE_AGENT_TOKEN",
    ]);
  });
});
