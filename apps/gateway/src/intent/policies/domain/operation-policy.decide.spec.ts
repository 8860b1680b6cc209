import { decideOperation, wantsFourEyes } from "./operation-policy.decide";
import type { Policy } from "./policy";

const policy = (more: Partial<Policy> = {}): Policy => ({
  id: "p",
  name: "Production",
  cluster_id: null,
  allowed_namespaces: [],
  allowed_catalog_codes: [],
  allowed_chart_url_prefixes: [],
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

const decide = (
  policies: readonly Partial<Policy>[],
  [type = "", engine = ""]: readonly string[],
) => {
  const verdict = decideOperation(policies.map(policy), { type, engine });
  return verdict.refusal ? verdict.refusal.rule : verdict.needsApproval;
};

describe("policy on operations", () => {
  it.each([
    ["a backup where it says nothing", [{}], "Backup/velero", false],
    [
      "what it names",
      [{ allowed_operations: ["Restore/velero"] }],
      "Restore/velero",
      false,
    ],
    [
      "what fits a pattern",
      [{ allowed_operations: ["*/*"] }],
      "RunCommand/job",
      false,
    ],
    [
      "with an approval what it wants one for",
      [{ allowed_operations: ["*/*"], require_approval_for: ["Restore/*"] }],
      "Restore/snapshot",
      true,
    ],
    [
      "with an approval where any of several wants one",
      [{}, { require_approval_for: ["*/velero"] }],
      "Backup/velero",
      true,
    ],
  ] as const)("allows %s", (_title, policies, asked, needsApproval) => {
    expect(decide(policies, asked.split("/"))).toBe(needsApproval);
  });

  it.each([
    ["anything where there is none", [], "Backup/velero", "no_policy"],
    [
      "what is no backup where it says nothing",
      [{}],
      "Restore/velero",
      "allowed_operations",
    ],
    [
      "a backup where it names others",
      [{ allowed_operations: ["Upgrade/helm"] }],
      "Backup/velero",
      "allowed_operations",
    ],
    [
      "another engine",
      [{ allowed_operations: ["Backup/velero"] }],
      "Backup/snapshot",
      "allowed_operations",
    ],
    [
      "what one of several refuses",
      [{ allowed_operations: ["*/*"] }, {}],
      "Upgrade/helm",
      "allowed_operations",
    ],
  ] as const)("refuses %s", (_title, policies, asked, rule) => {
    expect(decide(policies, asked.split("/"))).toBe(rule);
  });

  it("tells policy, value, and what is allowed", () => {
    const asked = { type: "Upgrade", engine: "helm" };
    expect(decideOperation([policy()], asked).refusal).toEqual({
      policy: "Production",
      rule: "allowed_operations",
      value: "Upgrade/helm",
      message:
        'Policy refuses this (allowed_operations): Upgrade/helm is not among "Backup/*".',
    });
  });

  it("wants four eyes where any of several does", () => {
    expect(wantsFourEyes([policy(), policy({ four_eyes: true })])).toBe(true);
    expect(wantsFourEyes([policy()])).toBe(false);
  });
});
