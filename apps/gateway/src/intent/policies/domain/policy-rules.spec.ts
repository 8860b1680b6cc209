import type { PolicyFields } from "./policy";
import { confirmationProblem, policyProblem } from "./policy-rules";

const fields: PolicyFields = {
  name: "Production",
  cluster_id: null,
  allowed_namespaces: ["team-*"],
  allowed_catalog_codes: ["shop"],
  allowed_chart_url_prefixes: [
    "oci://charts.example.com/apps",
    "https://charts.example.com",
  ],
  allowed_operations: [],
  require_approval_for: [],
  four_eyes: false,
  confirm_registration: false,
  maintenance_windows: [],
  max_instances: 10,
  version_constraint: ">=1.0.0",
};

describe("rules for who may not let agents in unconfirmed", () => {
  it.each<[Partial<PolicyFields>, Partial<PolicyFields>, RegExp | undefined]>([
    [{}, { confirm_registration: true }, undefined],
    [{}, { cluster_id: "c" }, undefined],
    [{ confirm_registration: true }, { name: "Other" }, undefined],
    [
      { confirm_registration: true },
      { confirm_registration: false },
      /^confirm_registration is taken off by an admin/,
    ],
    [
      { confirm_registration: true },
      { cluster_id: "c" },
      /^cluster_id .* is changed by an admin/,
    ],
  ])("say of a policy with %j and %j: %s", (before, changes, expected) => {
    const policy = { ...fields, ...before };
    const problem = confirmationProblem(policy, { ...policy, ...changes });
    expect(problem ?? "").toMatch(expected ?? /^$/);
  });
});

describe("rules for policies", () => {
  it("find nothing wrong with a sound one", () => {
    expect(policyProblem(fields)).toBeUndefined();
    expect(
      policyProblem({
        ...fields,
        allowed_operations: ["Backup/velero", "Restore/*", "*/*"],
        max_instances: null,
        version_constraint: null,
      }),
    ).toBeUndefined();
  });

  it.each<[string, unknown]>([
    ["allowed_namespaces", [""]],
    ["allowed_namespaces", ["x".repeat(3000)]],
    ["allowed_namespaces", [1]],
    ["allowed_catalog_codes", Array.from({ length: 501 }, () => "a")],
    ["allowed_chart_url_prefixes", ["ftp://charts.example.com"]],
    ["allowed_chart_url_prefixes", ["https://"]],
    ["allowed_chart_url_prefixes", ["https://a?b"]],
    ["allowed_chart_url_prefixes", ["https://a:b:c"]],
    ["allowed_operations", ["Backup"]],
    ["allowed_operations", ["Backup/velero/x"]],
    ["require_approval_for", [1]],
    ["require_approval_for", ["Restore /*"]],
    ["version_constraint", "newest"],
    ["version_constraint", `1${" || 1".repeat(100)}`],
    ["max_instances", -1],
    ["max_instances", 1.5],
    ["max_instances", 3_000_000_000],
    ["max_instances", Number.NaN],
    ["name", " "],
  ])("name the field %s where it is wrong", (field, value) => {
    expect(policyProblem({ ...fields, [field]: value })).toContain(field);
  });

  it("never repeat credentials of a prefix", () => {
    const problem = policyProblem({
      ...fields,
      allowed_chart_url_prefixes: ["https://ada:hunter2@charts.example.com"],
    });
    expect(problem).toContain("allowed_chart_url_prefixes");
    expect(problem).not.toContain("hunter2");
  });

  it("refuse text that PostgreSQL can't hold, wherever it stands", () => {
    for (const wrong of [{ name: "a\u0000" }])
      expect(policyProblem({ ...fields, ...wrong })).toContain("U+0000");
  });
});
