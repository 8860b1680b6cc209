import type { OperationSpec } from "../operation";
import type { JsonObject } from "../structural-schema";

type Given = Pick<OperationSpec, "engine" | "type" | "parameters">;

/** Parameters of an operation, and the field that is wrong with them; none: they are right. */
export interface ParameterCase extends Given {
  readonly title: string;
  /** With the index of an item, where a policy writes []. */
  readonly wrong?: string;
}

const repository = { secretName: "restic", type: "restic" };
const volsync = { pvc: "data", repository };

const backup = (parameters?: JsonObject): Given => ({
  engine: "velero",
  type: "Backup",
  ...(parameters && { parameters }),
});
const restore = (parameters: JsonObject): Given => ({
  engine: "velero",
  type: "Restore",
  parameters,
});
const job = (parameters: JsonObject): Given => ({
  engine: "job",
  type: "RunCommand",
  parameters: { image: "tools:1", ...parameters },
});
const copy = (parameters: JsonObject): Given => ({
  engine: "volsync",
  type: "Backup",
  parameters: { ...volsync, ...parameters },
});
const runbook = (parameters: JsonObject): Given => ({
  engine: "workflow",
  type: "Runbook",
  parameters,
});
const upgrade = (parameters: JsonObject): Given => ({
  engine: "helm",
  type: "Upgrade",
  parameters,
});
const hook = (parameters: JsonObject): Given => ({
  engine: "helmHookJob",
  type: "Migration",
  parameters,
});
const snapshot = (
  type: "Backup" | "Restore" | "Upgrade",
  parameters: JsonObject,
): Given => ({ engine: "snapshot", type, parameters });

const right = (title: string, given: Given): ParameterCase => ({
  title,
  ...given,
});
const wrong = (field: string, title: string, given: Given): ParameterCase => ({
  title,
  wrong: field.startsWith(".") ? `spec.parameters${field}` : field,
  ...given,
});

/** What the code and the admission policy have to agree on. */
export const PARAMETER_CASES: readonly ParameterCase[] = [
  right("no parameters of a backup", backup()),
  right(
    "all of a backup",
    backup({
      storageLocation: "s3",
      snapshotVolumes: true,
      csiSnapshotClassName: "fast",
      ttl: "30d",
      includedResources: ["pods"],
      excludedResources: [],
      labelSelector: { app: "web" },
      includedNamespaces: ["shop"],
    }),
  ),
  right("an older spelling", backup({ retention: "720h" })),
  right(
    "an older spelling that is wrong, beside the present one",
    backup({ retention: 1, ttl: "1h" }),
  ),
  right("all of a restore", restore({ backupName: "b", restorePVs: false })),
  right("a snapshot", snapshot("Backup", { pvc: "data" })),
  right(
    "a rest",
    snapshot("Backup", { pvc: "data", quiesce: { enabled: false } }),
  ),
  right(
    "a snapshot to restore",
    snapshot("Restore", { pvc: "data", snapshotName: "before" }),
  ),
  right("a copy", copy({ schedule: "0 3 * * *", retain: { daily: 7 } })),
  right("an older spelling of a volume", {
    engine: "volsync",
    type: "Restore",
    parameters: { destination: "data", repository },
  }),
  right("a migration that says its direction", {
    engine: "volsync",
    type: "Migration",
    parameters: { ...volsync, direction: "source" },
  }),
  right(
    "a workflow",
    runbook({ template: "tidy", templateParameters: { days: "7", "a b": "" } }),
  ),
  right(
    "older spellings of a workflow",
    runbook({
      workflowTemplate: "tidy",
      workflowTemplateParameters: { days: "7" },
    }),
  ),
  right(
    "a job",
    job({
      command: ["sh", "-c"],
      args: [],
      env: [
        { name: "A", value: "1" },
        { name: "B", secretRef: { name: "db", key: "password" } },
      ],
      timeoutSeconds: 60,
      backoffLimit: 0,
    }),
  ),
  right("no version and no values", upgrade({})),
  right(
    "an upgrade with any values",
    upgrade({
      targetVersion: "1.3.0",
      valuesPatch: { a: { b: [1, null, "c"] } },
    }),
  ),
  right(
    "an upgrade after a backup",
    upgrade({ targetVersion: "1.3.0", requireBackup: { maxAgeSeconds: 60 } }),
  ),
  right("a hook", hook({ hookName: "web-migrate", backoffLimit: 2 })),
  wrong("spec.type", "a type that the engine can't do", {
    ...upgrade({}),
    type: "Backup",
  }),
  wrong(
    "spec.type",
    "an upgrade by snapshots",
    snapshot("Upgrade", { pvc: "data" }),
  ),
  wrong(".tll", "a misspelt one", backup({ tll: "1h" })),
  wrong(
    `.${"x".repeat(64)}`,
    "one of an endless name",
    backup({ ["x".repeat(300)]: 1 }),
  ),
  wrong(
    ".backupname",
    "one in other letters",
    restore({ backupName: "b", backupname: "b" }),
  ),
  wrong(".workflowTemplate", "an older spelling of another engine", {
    ...job({}),
    parameters: { image: "a", workflowTemplate: "tidy" },
  }),
  wrong(".ttl", "one of the wrong shape", backup({ ttl: "soon" })),
  wrong(
    ".ttl",
    "an older spelling of the wrong type",
    backup({ retention: 30 }),
  ),
  wrong(".ttl", "no value", backup({ ttl: null })),
  wrong(
    ".snapshotVolumes",
    "a text for a yes",
    backup({ snapshotVolumes: "true" }),
  ),
  wrong(
    ".includedResources",
    "a text for a list",
    backup({ includedResources: "pods" }),
  ),
  wrong(
    ".includedResources",
    "too long a list",
    backup({ includedResources: Array.from({ length: 257 }, () => "pods") }),
  ),
  wrong(
    ".includedResources[1]",
    "a number among texts",
    backup({ includedResources: ["pods", 1] }),
  ),
  wrong(
    ".includedResources[0]",
    "too long a text",
    backup({ includedResources: ["x".repeat(4097)] }),
  ),
  wrong(
    ".labelSelector",
    "a list for a map",
    backup({ labelSelector: ["app"] }),
  ),
  wrong(
    ".labelSelector.app",
    "a number in a map",
    backup({ labelSelector: { app: 1 } }),
  ),
  wrong(
    ".storageLocation",
    "a name in capitals",
    backup({ storageLocation: "S3" }),
  ),
  wrong(".storageLocation", "an empty name", backup({ storageLocation: "" })),
  wrong(".backupName", "a restore from nothing", restore({})),
  wrong(
    ".existingResourcePolicy",
    "none of the words",
    restore({ backupName: "b", existingResourcePolicy: "replace" }),
  ),
  wrong(".pvc", "no volume", snapshot("Backup", {})),
  wrong(
    ".snapshotName",
    "a restore from no snapshot",
    snapshot("Restore", { pvc: "data" }),
  ),
  wrong(
    ".quiesce.timeoutSeconds",
    "too short a time deep inside",
    snapshot("Backup", { pvc: "data", quiesce: { timeoutSeconds: 0 } }),
  ),
  wrong(".repository.type", "no mover", {
    ...copy({}),
    parameters: { pvc: "data", repository: { secretName: "restic" } },
  }),
  wrong(
    ".repository.secret",
    "a misspelt one deep inside",
    copy({ repository: { ...repository, secret: "x" } }),
  ),
  wrong(
    ".repository.type",
    "a mover that there isn't",
    copy({ repository: { ...repository, type: "scp" } }),
  ),
  wrong(".retain.daily", "too many copies", copy({ retain: { daily: 1001 } })),
  wrong(".schedule", "four fields of cron", copy({ schedule: "0 3 * *" })),
  wrong(".direction", "a migration without direction", {
    ...copy({}),
    type: "Migration",
  }),
  wrong(".template", "no template", runbook({})),
  wrong(
    ".templateParameters.days",
    "a number for an argument",
    runbook({ template: "tidy", templateParameters: { days: 7 } }),
  ),
  wrong(
    ".timeoutSeconds",
    "half a second",
    runbook({ template: "tidy", timeoutSeconds: 0.5 }),
  ),
  wrong(
    ".timeoutSeconds",
    "a text for a number",
    runbook({ template: "tidy", timeoutSeconds: "60" }),
  ),
  wrong(".image", "no image", { ...job({}), parameters: {} }),
  wrong(".image", "an image with a space", job({ image: "a b" })),
  wrong(
    ".env[1].name",
    "a variable without name",
    job({ env: [{ name: "A" }, { value: "x" }] }),
  ),
  wrong(
    ".env[0].secretRef.key",
    "a Secret without key",
    job({ env: [{ name: "A", secretRef: { name: "db" } }] }),
  ),
  wrong(
    ".env[0].from",
    "a misspelt one in a list",
    job({ env: [{ name: "A", from: "x" }] }),
  ),
  wrong(".env[0]", "a text for a variable", job({ env: ["A=1"] })),
  wrong(
    ".activeDeadlineSeconds",
    "an older spelling out of bounds",
    job({ timeoutSeconds: 604801 }),
  ),
  wrong(".backoffLimit", "less than nothing", job({ backoffLimit: -1 })),
  wrong(
    ".targetVersion",
    "a range of versions",
    upgrade({ targetVersion: "^1.0.0" }),
  ),
  wrong(".valuesPatch", "a text for values", upgrade({ valuesPatch: "a: b" })),
  wrong(
    ".requireBackup.maxAgeSeconds",
    "a backup of any age",
    upgrade({ requireBackup: {} }),
  ),
  wrong(".requireBackup", "a yes for an age", upgrade({ requireBackup: true })),
  wrong(".rollbackTo", "no revision", upgrade({ rollbackTo: 0 })),
  wrong(
    ".rollbackTo",
    "more than 32 bits",
    upgrade({ rollbackTo: 2147483648 }),
  ),
  wrong(".hookName", "no hook", hook({})),
];
