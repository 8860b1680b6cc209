import type { Operation } from "./operation";
import { decideCourse, type SeenOperation } from "./operation-course.decide";

const operation = (more: Partial<Operation> = {}): Operation => ({
  id: "o",
  cluster_id: "c",
  instance_id: "i",
  namespace: "prod",
  name: "shop-backup-1",
  type: "Backup",
  engine: "velero",
  parameters_json: "{}",
  require_ready: false,
  exclusive: false,
  timeout_seconds: null,
  requested_by: "u",
  on_behalf_of: null,
  state: "requested",
  approval_state: "not_required",
  approval_claim: null,
  approval_method: null,
  approved_by: null,
  approved_on_behalf_of: null,
  approved_at: null,
  rejected_by: null,
  rejected_on_behalf_of: null,
  rejected_at: null,
  cancel: false,
  generation: 1,
  phase: "",
  reason: "",
  message: "",
  progress: "",
  degraded: false,
  upgrade: "none",
  instance_generation: null,
  external_ref: null,
  intent_version: null,
  schedule_id: null,
  maintenance_windows: [],
  due_at: null,
  sequence_id: null,
  sequence_step: null,
  ...more,
});

const seen = (
  conditions: readonly string[] = [],
  more: Partial<SeenOperation> = {},
): SeenOperation => ({
  present: true,
  intentGeneration: 1,
  conditions: conditions.map((text) => {
    const [type = "", status = "", reason = "", message = ""] = text.split(" ");
    return { type, status: status as "True", reason, message };
  }),
  detail: undefined,
  ...more,
});

const GONE = seen([], { present: false, intentGeneration: 0 });
const RUNNING = seen(["Running True EngineStarted 40%"]);
const AWAITS = seen(["Blocked True AwaitingApproval"]);

describe("the state of an operation", () => {
  it.each<
    readonly [
      when: string,
      own: Partial<Operation>,
      look: SeenOperation,
      becomes: string,
    ]
  >([
    ["the cluster doesn't have it", {}, GONE, "requested"],
    ["the cluster says nothing more", {}, seen(), "delivering"],
    [
      "the cluster has an older generation",
      { generation: 2 },
      seen(["Blocked True TargetNotReady"]),
      "delivering",
    ],
    [
      "something is in the way",
      {},
      seen(["Blocked True TargetNotReady"]),
      "blocked TargetNotReady",
    ],
    [
      "it is not accepted",
      {},
      seen(["Accepted False CapabilityMissing"]),
      "blocked CapabilityMissing",
    ],
    [
      "nobody has agreed yet, though the cluster hasn't said so",
      { approval_state: "required" },
      seen(),
      "awaiting_approval",
    ],
    [
      "the cluster has no proof that somebody agreed",
      { approval_state: "approved" },
      AWAITS,
      "awaiting_approval AwaitingApproval",
    ],
    ["it runs", {}, RUNNING, "running EngineStarted"],
    [
      "it runs on while its cancellation is under way",
      { generation: 2, cancel: true },
      RUNNING,
      "running EngineStarted",
    ],
    [
      "it has succeeded",
      { state: "running" },
      seen(["Running False X", "Succeeded True EngineCompleted"]),
      "succeeded EngineCompleted",
    ],
    [
      "it has failed",
      {},
      seen(["Failed True Timeout", "Running True X"]),
      "failed Timeout",
    ],
    [
      "it was cancelled",
      {},
      seen(["Cancelled True UserCancelled"]),
      "cancelled UserCancelled",
    ],
    [
      "its object is gone while it ran",
      { state: "running" },
      GONE,
      "failed Vanished",
    ],
    [
      "its object is gone before it ran",
      { state: "blocked" },
      GONE,
      "requested",
    ],
    [
      "the cluster tells the phase besides",
      {},
      seen([], { detail: { phase: "Running" } }),
      "running",
    ],
  ])("when %s", (_when, own, look, becomes) => {
    const { state, reason } = decideCourse(operation(own), look);
    expect(`${state} ${reason}`.trim()).toBe(becomes);
  });

  it.each(["succeeded", "failed", "cancelled"] as const)(
    "stays %s whatever is seen",
    (state) => {
      for (const look of [GONE, RUNNING, AWAITS])
        expect(decideCourse(operation({ state }), look).state).toBe(state);
    },
  );
});

describe("an end that is told in several events", () => {
  const detail = { phase: "Succeeded" } as const;
  const first = decideCourse(
    operation(),
    seen(["Running False X", "Succeeded False NotYet not"], { detail }),
  );
  const ended = operation({ ...first });

  it("is one with the first, and says why with the last", () => {
    expect(first).toMatchObject({
      state: "succeeded",
      reason: "",
      message: "",
    });
    const look = seen(["Succeeded True Y done", "Degraded True Z"], { detail });
    expect(decideCourse(ended, look)).toMatchObject({
      state: "succeeded",
      reason: "Y",
      message: "done",
      degraded: true,
    });
  });

  it("stays what it was for another end, and for no object at all", () => {
    expect(decideCourse(ended, seen(["Failed True Timeout"]))).toBe(ended);
    expect(decideCourse(ended, GONE)).toBe(ended);
  });

  it("keeps the reason of who rejected it", () => {
    const rejected = operation({
      state: "cancelled",
      approval_state: "rejected",
      reason: "Rejected",
    });
    const look = seen(["Cancelled True UserCancelled"]);
    expect(decideCourse(rejected, look).reason).toBe("Rejected");
  });
});

describe("the course of an operation", () => {
  it("shows what the engine says while it runs, and keeps it", () => {
    const running = decideCourse(operation(), RUNNING);
    expect(running.progress).toBe("40%");
    const ended = seen(["Running False X done", "Succeeded True Y"]);
    const after = decideCourse(operation({ ...running }), ended);
    expect(after.progress).toBe("40%");
  });

  it("is degraded by a condition beside its success", () => {
    const look = seen(["Succeeded True X", "Degraded True Y"]);
    expect(decideCourse(operation(), look).degraded).toBe(true);
  });

  it("owes the instance an upgrade once it runs with helm, and only then and once", () => {
    const helm = { type: "Upgrade", engine: "helm" } as const;
    const owed = (more: Partial<Operation>, look = RUNNING) =>
      decideCourse(operation({ ...helm, ...more }), look).upgrade;
    expect(owed({})).toBe("due");
    expect(owed({ upgrade: "issued" })).toBe("issued");
    expect(owed({ cancel: true })).toBe("none");
    expect(owed({ engine: "workflow" })).toBe("none");
    expect(owed({}, AWAITS)).toBe("none");
  });

  it("keeps saying why we had it cancelled", () => {
    const refused = { upgrade: "refused", message: "no such version" } as const;
    const look = seen(["Cancelled True UserCancelled on_request"]);
    expect(decideCourse(operation(refused), look)).toMatchObject({
      state: "cancelled",
      message: "no such version",
    });
  });
});
