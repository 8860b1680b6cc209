import type { JsonObject } from "@vworkspace/resources";
import { sampleRun } from "../../testing/sample-run";
import { MemoryKubeApi } from "../../testing/memory-kube-api";
import { VeleroEngine } from "./velero.engine";

const engine = new VeleroEngine({ api: new MemoryKubeApi() });

describe("What the engine velero demands", () => {
  it.each([
    ["Backup", {}, ["Backup", "DeleteBackupRequest"]],
    [
      "Backup",
      { csiSnapshotClassName: "fast" },
      ["Backup", "DeleteBackupRequest", "VolumeSnapshotClass"],
    ],
    ["Migration", { backupName: "b1" }, ["Restore", "Backup"]],
  ] as const)("of a %s with %j is %j", (type, parameters, kinds) => {
    const run = sampleRun(engine, { type, engine: "velero", parameters });
    expect(engine.kinds(run).map(({ kind }) => kind)).toEqual(kinds);
    expect(engine.problems(run)).toEqual([]);
    expect(engine.secrets()).toEqual([]);
  });

  it.each<[string, "Backup" | "Restore", JsonObject, string]>([
    [
      "another namespace",
      "Backup",
      { includedNamespaces: ["shop", "kube-system"] },
      "includedNamespaces",
    ],
    ["what is of a restore", "Backup", { restorePVs: true }, "restorePVs"],
    ["what is of a backup", "Restore", { backupName: "b1", ttl: "1h" }, "ttl"],
    [
      "our own resources",
      "Backup",
      { includedResources: ["operations.ops.vworkspace.io"] },
      "includedResources",
    ],
    ["no time at all", "Backup", { ttl: "0h" }, "ttl"],
    ["a time that Velero can't read", "Backup", { ttl: "99999999d" }, "ttl"],
    [
      "another target",
      "Restore",
      { backupName: "b1", namespaceMapping: { shop: "kube-system" } },
      "namespaceMapping.shop",
    ],
    [
      "a pattern of namespaces",
      "Restore",
      { backupName: "b1", namespaceMapping: { "*": "shop" } },
      "namespaceMapping.*",
    ],
  ])("is that %s is refused", (_what, type, parameters, field) => {
    const run = sampleRun(engine, { type, engine: "velero", parameters });
    expect(engine.problems(run).map((problem) => problem.field)).toEqual([
      `spec.parameters.${field}`,
    ]);
  });
});
