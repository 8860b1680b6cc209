import type {
  ApplicationInstance,
  ApplicationInstanceStatus,
  JsonObject,
} from "@vworkspace/resources";
import { engineRun } from "../../testing/engine-run";
import { instance } from "../../testing/flux-objects";
import { HELM_RELEASE } from "../../watches/watched-kinds";
import type { EngineRun } from "../engine";
import { decideHelm, endHelm } from "./helm.decide";
import type { HelmSeen, TriedRelease } from "./helm.observe";
import { helmProblems } from "./helm.problems";

type Conditions = readonly [
  type: string,
  status: "True" | "False",
  reason: string,
  generation?: number,
][];

const HISTORY = [
  { revision: 3, chartVersion: "1.2.3+aaaa", status: "deployed" },
  { revision: 2, chartVersion: "1.1.0+bbbb", status: "superseded" },
  { revision: 1, chartVersion: "1.0.0+cccc", status: "failed" },
];

function upgrade(
  parameters: JsonObject,
  outputs: JsonObject = {},
  target = instance(),
): EngineRun {
  return engineRun(
    { type: "Upgrade", engine: "helm", parameters },
    { outputs, target },
  );
}

function status(
  conditions: Conditions,
  history: ApplicationInstanceStatus["history"] = HISTORY,
): ApplicationInstanceStatus {
  return {
    history,
    conditions: conditions.map(([type, status, reason, generation = 1]) => ({
      type,
      status,
      reason,
      message: `${reason} it says`,
      lastTransitionTime: "2026-01-01T00:00:00Z",
      observedGeneration: generation,
    })),
  };
}

function web(
  version: string,
  of: ApplicationInstanceStatus = status([]),
  annotations: Record<string, string> = {},
  values: object = {},
): ApplicationInstance {
  const { chart } = instance().spec;
  return instance(
    { chart: { ...chart, version }, ...values },
    { annotations },
    of,
  );
}

function tried(version: string, isStalled: boolean): TriedRelease {
  const { apiVersion, kind } = HELM_RELEASE;
  const stalled = { type: "Stalled", status: "True" };
  return {
    apiVersion,
    kind,
    metadata: { name: "web" },
    status: {
      lastAttemptedRevision: `${version}+dddd`,
      conditions: isStalled ? [stalled] : [],
    },
  };
}

const requested = { targetVersion: "1.3.0" };
const MANAGED = { "vworkspace.io/intent-generation": "4" };
const TO_NEW = { targetVersion: "1.3.0" };
const going = upgrade(TO_NEW, { requested, instanceGeneration: 1 });
const DEPLOYED = [
  { revision: 4, chartVersion: "1.3.0+eeee", status: "deployed" },
  ...HISTORY,
];

function outcomeOf(run: EngineRun, seen: HelmSeen): [string, string] {
  const verdict = decideHelm(run, seen);
  const action =
    verdict.state === "working" && verdict.action
      ? ` ${verdict.action.do}`
      : "";
  return [`${verdict.state} ${verdict.reason}${action}`, verdict.message];
}

describe("An upgrade", () => {
  it.each<[string, EngineRun, HelmSeen, string, string]>([
    [
      "of an instance that is gone fails",
      going,
      {},
      "failed EngineFailed",
      "ApplicationInstance web is gone",
    ],
    [
      "of an instance that is being deleted fails",
      going,
      { instance: instance({}, { deletionTimestamp: "2026-01-01T00:00:00Z" }) },
      "failed EngineFailed",
      "ApplicationInstance web is being deleted",
    ],
    [
      "writes the instance where no control plane manages it",
      upgrade(TO_NEW),
      { instance: web("1.2.3") },
      "working EngineStarted patch",
      "ApplicationInstance web gets chart version 1.3.0",
    ],
    [
      "writes nothing where one does",
      upgrade(TO_NEW),
      { instance: web("1.2.3", status([]), MANAGED) },
      "working EngineStarted",
      "waiting for the control plane to issue the new generation of web, with chart version 1.3.0",
    ],
    [
      "that is written is followed, and not written again",
      upgrade(TO_NEW, { requested }),
      { instance: web("1.3.0") },
      "working EngineStarted",
      "which the agent has not looked at yet",
    ],
    [
      "that somebody changed after it was written fails",
      going,
      { instance: web("1.4.0") },
      "failed EngineFailed",
      "its chart version is 1.4.0",
    ],
    [
      "waits while the instance holds changes back",
      going,
      {
        instance: web(
          "1.3.0",
          status([
            ["Suspended", "True", "MaintenanceWindow"],
            ["Ready", "True", "HelmReleaseReady"],
          ]),
        ),
      },
      "working EngineStarted",
      "web waits: MaintenanceWindow it says",
    ],
    [
      "doesn't take Ready of an older generation for its own",
      going,
      {
        instance: web(
          "1.3.0",
          status([["Ready", "True", "HelmReleaseReady", 0]], DEPLOYED),
        ),
      },
      "working EngineStarted",
      "not looked at yet",
    ],
    [
      "doesn't take Ready of the older chart for its own",
      going,
      {
        instance: web("1.3.0", status([["Ready", "True", "HelmReleaseReady"]])),
      },
      "working EngineStarted",
      "HelmReleaseReady: HelmReleaseReady it says",
    ],
    [
      "tells how it goes",
      going,
      { instance: web("1.3.0", status([["Ready", "False", "Upgrading"]])) },
      "working EngineStarted",
      "Upgrading: Upgrading it says",
    ],
    [
      "is done when its version runs",
      going,
      {
        instance: web(
          "1.3.0",
          status([["Ready", "True", "HelmReleaseReady"]], DEPLOYED),
        ),
      },
      "succeeded EngineCompleted",
      "web runs chart version 1.3.0",
    ],
    [
      "goes on while Flux tries again",
      going,
      {
        instance: web(
          "1.3.0",
          status([
            ["Ready", "False", "HelmReleaseFailed"],
            ["Reconciling", "True", "HelmReleaseUpgrading"],
          ]),
        ),
        release: tried("1.3.0", true),
      },
      "working EngineStarted",
      "HelmReleaseFailed: HelmReleaseFailed it says",
    ],
    [
      "goes on while only the version before has failed",
      going,
      {
        instance: web(
          "1.3.0",
          status([["Ready", "False", "HelmReleaseFailed"]]),
        ),
        release: tried("1.2.3", true),
      },
      "working EngineStarted",
      "HelmReleaseFailed",
    ],
    [
      "goes on while Flux has begun with it and the instance tells of before",
      going,
      {
        instance: web(
          "1.3.0",
          status([["Ready", "False", "HelmReleaseFailed"]]),
        ),
        release: tried("1.3.0", false),
      },
      "working EngineStarted",
      "HelmReleaseFailed",
    ],
    [
      "fails when Flux gave up on it",
      going,
      {
        instance: web(
          "1.3.0",
          status([["Ready", "False", "HelmReleaseFailed"]]),
        ),
        release: tried("1.3.0", true),
      },
      "failed EngineFailed",
      "web: HelmReleaseFailed it says; revision 3 with 1.2.3+aaaa is deployed",
    ],
    [
      "without any revision says that, too",
      going,
      {
        instance: web(
          "1.3.0",
          status([["Ready", "False", "HelmReleaseFailed"]], []),
        ),
        release: tried("1.3.0", true),
      },
      "failed EngineFailed",
      "no revision is known",
    ],
    [
      "goes back to a revision by its version",
      upgrade({ rollbackTo: 2 }),
      { instance: web("1.2.3") },
      "working EngineStarted patch",
      "chart version 1.1.0 of revision 2, whose values don't come back",
    ],
    [
      "can't go back to what the history doesn't hold",
      upgrade({ rollbackTo: 9 }),
      { instance: web("1.2.3") },
      "failed PreconditionFailed",
      "has no revision 9 in its history: there are 3, 2, 1",
    ],
    [
      "can't go back where there is no history",
      upgrade({ rollbackTo: 9 }),
      { instance: web("1.2.3", status([], [])) },
      "failed PreconditionFailed",
      "there are none",
    ],
    [
      "can't go back to what never worked",
      upgrade({ rollbackTo: 1 }),
      { instance: web("1.2.3") },
      "failed PreconditionFailed",
      "Revision 1 of web is failed",
    ],
    [
      "can't go back to values",
      upgrade({ rollbackTo: 3 }),
      { instance: web("1.2.3") },
      "failed PreconditionFailed",
      "its values can't be had from Helm's history",
    ],
  ])("%s", (_title, run, seen, ...[outcome, words]) => {
    expect(outcomeOf(run, seen)).toEqual([
      outcome,
      expect.stringContaining(words),
    ]);
  });

  it("tells what is asked for, and from where it starts", () => {
    const run = upgrade({ rollbackTo: 2, valuesPatch: { a: null } });
    expect(decideHelm(run, { instance: web("1.2.3") }).outputs).toEqual({
      requested: {
        targetVersion: "1.1.0",
        valuesPatch: { a: null },
        rollbackTo: 2,
      },
      fromRevision: 3,
    });
  });

  it("asks for the version it has where only values change", () => {
    const run = upgrade({ valuesPatch: { a: 1 } });
    expect(decideHelm(run, { instance: web("1.2.3") })).toMatchObject({
      outputs: { requested: { targetVersion: "1.2.3" } },
      action: {
        patch: {
          spec: {
            chart: { version: "1.2.3" },
            values: { inline: { a: 1 } },
          },
        },
      },
    });
  });

  it("keeps to what it asked for, though the history has forgotten it", () => {
    const kept = { targetVersion: "1.1.0", rollbackTo: 2 };
    const run = upgrade({ rollbackTo: 2 }, { requested: kept });
    const seen = { instance: web("1.2.3", status([], [])) };
    expect(outcomeOf(run, seen)[0]).toBe("working EngineStarted patch");
  });

  it("makes values inline where there were none", () => {
    const bare = web("1.2.3", status([]), {}, { values: undefined });
    const run = upgrade({ valuesPatch: { a: 1 } });
    expect(decideHelm(run, { instance: bare })).toMatchObject({
      action: {
        patch: { spec: { values: { source: "inline", inline: { a: 1 } } } },
      },
    });
  });

  it("notes the generation that it follows, and the revisions", () => {
    const ready = status([["Ready", "True", "HelmReleaseReady"]], DEPLOYED);
    const run = upgrade(TO_NEW, { requested, fromRevision: 3 });
    expect(decideHelm(run, { instance: web("1.3.0", ready) }).outputs).toEqual({
      instanceGeneration: 1,
      toRevision: 4,
    });
  });

  it.each<[string, EngineRun, HelmSeen, string | undefined]>([
    ["that was not issued", going, { instance: web("1.2.3") }, undefined],
    ["of an instance that is gone", going, {}, undefined],
    [
      "that has not begun",
      upgrade(TO_NEW),
      { instance: web("1.3.0") },
      undefined,
    ],
    [
      "that was issued",
      going,
      { instance: web("1.3.0") },
      "ApplicationInstance web keeps chart version 1.3.0",
    ],
  ])("%s takes nothing back at its end", (_title, run, seen, words) => {
    const end = endHelm(run, seen);
    expect(end.state).toBe("ended");
    expect(end.message ?? "").toContain(words ?? "");
    expect("message" in end).toBe(words !== undefined);
  });
});

describe("The parameters of an upgrade", () => {
  const secretValues = instance({
    values: { source: "secretRef", secretRef: { name: "v", key: "k" } },
  });
  const placeholder = {
    ...instance(),
    spec: { mode: "placeholder" as const, appRef: { catalogId: "x" } },
  };

  it.each<[string, JsonObject, ApplicationInstance, string, string]>([
    ["nothing", {}, instance(), "spec.parameters", "asks for nothing"],
    [
      "two versions",
      { rollbackTo: 1, targetVersion: "1.0.0" },
      instance(),
      "spec.parameters.rollbackTo",
      "leave one out",
    ],
    [
      "a leading v",
      { targetVersion: "v1.0.0" },
      instance(),
      "spec.parameters.targetVersion",
      "without a leading v",
    ],
    [
      "a target without a chart",
      { targetVersion: "1.0.0" },
      placeholder,
      "spec.targetRef.name",
      "name a managed instance",
    ],
    [
      "values that aren't inline",
      { valuesPatch: { a: 1 } },
      secretValues,
      "spec.parameters.valuesPatch",
      "takes its values from secretRef",
    ],
    [
      "a patch that no status has room for",
      { valuesPatch: { text: "x".repeat(9000) } },
      instance(),
      "spec.parameters.valuesPatch",
      "8192 are allowed",
    ],
    [
      "a secret",
      { valuesPatch: { auth: { password: "hunter2" } } },
      instance(),
      "spec.parameters.valuesPatch",
      "spec.values.inline.auth.password",
    ],
  ])("are refused with %s", (_title, parameters, target, ...[field, words]) => {
    const problems = helmProblems(upgrade(parameters, {}, target));
    expect(problems).toEqual([
      expect.objectContaining({
        field,
        message: expect.stringContaining(words) as string,
      }),
    ]);
    expect(JSON.stringify(problems)).not.toContain("hunter2");
  });

  it.each<[JsonObject]>([
    [{ targetVersion: "1.3.0" }],
    [{ valuesPatch: { replicas: 3 } }],
    [{ rollbackTo: 2, valuesPatch: { replicas: 3 } }],
  ])("are right as %j", (parameters) => {
    expect(helmProblems(upgrade(parameters))).toEqual([]);
  });
});
