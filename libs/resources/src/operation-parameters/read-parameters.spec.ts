import type { OperationSpec } from "../operation";
import { PARAMETER_CASES } from "../testing/parameter-cases";
import { ENGINE_PARAMETERS, readParameters } from "./read-parameters";

type Given = Pick<OperationSpec, "engine" | "type" | "parameters">;

const REPOSITORY = { secretName: "restic", type: "restic" };
const GOOD: readonly Given[] = [
  { engine: "velero", type: "Backup" },
  { engine: "velero", type: "Restore", parameters: { backupName: "web-1" } },
  { engine: "snapshot", type: "Backup", parameters: { pvc: "data" } },
  {
    engine: "volsync",
    type: "Backup",
    parameters: { pvc: "data", repository: REPOSITORY },
  },
  { engine: "workflow", type: "Runbook", parameters: { template: "tidy" } },
  { engine: "job", type: "RunCommand", parameters: { image: "tools:1" } },
  { engine: "helm", type: "Upgrade", parameters: { targetVersion: "1.2.0" } },
  { engine: "helmHookJob", type: "Migration", parameters: { hookName: "db" } },
];

describe("parameters of operations", () => {
  it("of every engine are known", () => {
    expect(new Set(GOOD.map(({ engine }) => engine))).toEqual(
      new Set(Object.keys(ENGINE_PARAMETERS)),
    );
  });

  it.each(GOOD)("are right for $type by $engine", (given) => {
    expect(readParameters(given)).toEqual({
      parameters: given.parameters ?? {},
      problems: [],
    });
  });

  it.each(PARAMETER_CASES)(
    "$title: $engine $type",
    ({ wrong, title: _, ...given }) => {
      const { problems } = readParameters(given);
      expect(problems[0]?.field).toBe(wrong);
    },
  );

  it.each<[string, Given, string, string]>([
    [
      "a misspelt one",
      { engine: "velero", type: "Backup", parameters: { tll: "1h" } },
      "spec.parameters.tll",
      "is no parameter of the engine velero: there are storageLocation",
    ],
    [
      "a misspelt one deep inside",
      {
        engine: "volsync",
        type: "Backup",
        parameters: { pvc: "data", repository: { ...REPOSITORY, secret: "x" } },
      },
      "spec.parameters.repository.secret",
      "there are secretName, type",
    ],
    [
      "one of the wrong shape",
      { engine: "velero", type: "Backup", parameters: { ttl: "soon" } },
      "spec.parameters.ttl",
      "must be",
    ],
    [
      "a missing one",
      { engine: "snapshot", type: "Backup", parameters: {} },
      "spec.parameters.pvc",
      "is required: add it",
    ],
    [
      "one that the type needs",
      { engine: "velero", type: "Restore", parameters: {} },
      "spec.parameters.backupName",
      "is required for Restore",
    ],
    [
      "a type that the engine can't do",
      { engine: "helm", type: "Backup", parameters: {} },
      "spec.type",
      "must be one of Upgrade with the engine helm",
    ],
    [
      "one deep inside",
      {
        engine: "job",
        type: "RunCommand",
        parameters: { image: "a", env: [{ value: "x" }] },
      },
      "spec.parameters.env[0].name",
      "is required",
    ],
  ])("%s is told by field and remedy", (_, given, field, words) => {
    const { problems } = readParameters(given);
    expect(problems.map((problem) => problem.field)).toEqual([field]);
    expect(problems[0]?.message).toContain(words);
  });

  it.each<[Given, object]>([
    [
      { engine: "velero", type: "Backup", parameters: { retention: "30d" } },
      { ttl: "30d" },
    ],
    [
      {
        engine: "workflow",
        type: "Runbook",
        parameters: { workflowTemplate: "tidy" },
      },
      { template: "tidy" },
    ],
    [
      {
        engine: "job",
        type: "Runbook",
        parameters: { image: "a", timeoutSeconds: 9 },
      },
      { image: "a", activeDeadlineSeconds: 9 },
    ],
    [
      {
        engine: "velero",
        type: "Backup",
        parameters: { retention: "30d", ttl: "1h" },
      },
      { ttl: "1h" },
    ],
  ])("older spellings are read: %j", (given, parameters) => {
    expect(readParameters(given)).toEqual({ parameters, problems: [] });
  });
});
