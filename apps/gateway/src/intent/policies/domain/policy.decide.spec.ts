import type { Policy } from "./policy";
import { decidePolicy, type DeploymentRequest } from "./policy.decide";

const policy = (more: Partial<Policy> = {}): Policy => ({
  id: "p",
  name: "Production",
  cluster_id: null,
  allowed_namespaces: ["*"],
  allowed_catalog_codes: ["*"],
  allowed_chart_url_prefixes: ["oci://charts.example.com/apps"],
  allowed_operations: [],
  require_approval_for: [],
  four_eyes: false,
  confirm_registration: false,
  maintenance_windows: [],
  max_instances: null,
  version_constraint: null,
  external_ref: null,
  intent_version: null,
  ...more,
});

const request = (more: Partial<DeploymentRequest> = {}): DeploymentRequest => ({
  namespace: "prod",
  catalogCode: "shop",
  chartUrl: "oci://charts.example.com/apps",
  chartVersion: "1.2.3",
  instances: () => 0,
  ...more,
});

const rule = (
  policies: Partial<Policy>,
  asked: Partial<DeploymentRequest> = {},
) => decidePolicy([policy(policies)], request(asked))?.rule;

describe("policy", () => {
  it("allows what every rule allows", () => {
    expect(decidePolicy([policy()], request())).toBeUndefined();
  });

  it("allows nothing where nobody wrote one", () => {
    expect(decidePolicy([], request())).toMatchObject({ rule: "no_policy" });
  });

  it.each([
    "allowed_namespaces",
    "allowed_catalog_codes",
    "allowed_chart_url_prefixes",
  ] as const)("allows nothing by an empty list of %s", (field) => {
    expect(rule({ [field]: [] })).toBe(field);
  });

  it("tells policy, rule, value, and what is allowed", () => {
    expect(
      decidePolicy(
        [policy({ allowed_namespaces: ["test", "dev"] })],
        request(),
      ),
    ).toEqual({
      policy: "Production",
      rule: "allowed_namespaces",
      value: "prod",
      message:
        'Policy refuses this (allowed_namespaces): namespace "prod" is not among "test", "dev".',
    });
  });

  it("comes to an end on long runs of slashes", () => {
    const prefix = `oci://charts.example.com/${"/".repeat(1_000_000)}a`;
    expect(rule({ allowed_chart_url_prefixes: [prefix] })).toBe(
      "allowed_chart_url_prefixes",
    );
  });

  it("asks every policy, and tells of the first that refuses", () => {
    const policies = [
      policy({ name: "A" }),
      policy({ name: "B", allowed_catalog_codes: [] }),
      policy({ name: "C", allowed_namespaces: [] }),
    ];
    expect(decidePolicy(policies, request())).toMatchObject({
      policy: "B",
      rule: "allowed_catalog_codes",
    });
  });

  it.each([
    ["prod", "prod", true],
    ["prod", "prod2", false],
    ["prod", "Prod", false],
    ["*", "anything", true],
    ["team-*", "team-a", true],
    ["team-*", "team", false],
    ["*-prod", "a-prod", true],
    ["a*b", "ab", true],
    ["a*b", "a", false],
    ["ab*ba", "aba", false],
    ["a*b*c", "aXbYc", true],
    ["a*b*c", "acb", false],
    ["**", "x", true],
    [".*", "prod", false],
    ["p.od", "prod", false],
    ["", "prod", false],
  ])("pattern %p and namespace %p: %p", (pattern, namespace, isAllowed) => {
    const refused = isAllowed ? undefined : "allowed_namespaces";
    expect(rule({ allowed_namespaces: [pattern] }, { namespace })).toBe(
      refused,
    );
  });

  it("matches a pattern of many stars in no time", () => {
    const namespace = "a".repeat(5000);
    expect(
      rule({ allowed_namespaces: [`${"a*".repeat(1000)}b`] }, { namespace }),
    ).toBe("allowed_namespaces");
  });

  it.each([
    ["https://charts.example.com", "https://charts.example.com", true],
    ["https://charts.example.com", "https://charts.example.com/", true],
    ["https://charts.example.com/", "https://charts.example.com/stable", true],
    ["https://charts.example.com", "https://charts.example.com.evil.io", false],
    ["https://charts.example.com", "https://charts.example.com@evil.io", false],
    ["https://charts.example.com", "https://charts.example.com:444/", false],
    ["https://charts.example.com:443", "https://charts.example.com/x", true],
    ["https://charts.example.com", "http://charts.example.com", false],
    ["https://charts.example.com/a", "https://charts.example.com/ab", false],
    [
      "https://charts.example.com/a",
      "https://charts.example.com/a/../b",
      false,
    ],
    [
      "https://charts.example.com/a",
      "https://charts.example.com/a/%2e%2e/b",
      false,
    ],
    [
      "https://charts.example.com/a",
      "https://charts.example.com/a\\..\\b",
      false,
    ],
    ["https://charts.example.com", "https://CHARTS.example.com/a", true],
    ["oci://charts.example.com/a", "oci://charts.example.com/a/../b", false],
    ["oci://charts.example.com/a", "oci://charts.example.com/a/b", true],
    ["oci://charts.example.com", "no url", false],
    ["", "https://charts.example.com", false],
  ])("prefix %p and chart %p: %p", (prefix, chartUrl, isAllowed) => {
    const refused = isAllowed ? undefined : "allowed_chart_url_prefixes";
    expect(rule({ allowed_chart_url_prefixes: [prefix] }, { chartUrl })).toBe(
      refused,
    );
  });

  it.each([
    ["^1.2.0", "1.9.0", true],
    ["^1.2.0", "2.0.0", false],
    [">=1.0.0 <2.0.0", "1.0.0", true],
    [">=1.0.0 <2.0.0", "1.5.0-rc.1", true],
    ["1.2.3", "1.2.4", false],
  ])(
    "constraint %p and version %p: %p",
    (constraint, chartVersion, isAllowed) => {
      const refused = isAllowed ? undefined : "version_constraint";
      expect(rule({ version_constraint: constraint }, { chartVersion })).toBe(
        refused,
      );
    },
  );

  it.each([
    [null, 1_000_000, true],
    [0, 0, false],
    [3, 2, true],
    [3, 3, false],
    [3, 4, false],
    [3, undefined, true],
  ])("limit %p and %p instances: %p", (limit, count, isAllowed) => {
    const refused = isAllowed ? undefined : "max_instances";
    expect(rule({ max_instances: limit }, { instances: () => count })).toBe(
      refused,
    );
  });
});
