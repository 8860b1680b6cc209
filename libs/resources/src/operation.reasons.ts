import type { ConditionReason } from "./condition-reason";
import { ENGINE_REASONS } from "./engine.reasons";

/** What the conditions of an Operation may say: first what every engine shares, then what each says besides. */
export const OPERATION_REASONS = [
  {
    condition: "Accepted",
    status: "True",
    reason: "AdmissionPassed",
    meaning: "The operation is understood and allowed.",
    remedy: "Nothing.",
  },
  {
    condition: "Accepted",
    status: "False",
    reason: "TargetNotFound",
    meaning: "There is no ApplicationInstance of the name in spec.targetRef.",
    remedy: "Correct spec.targetRef.name in a new operation.",
  },
  {
    condition: "Accepted",
    status: "False",
    reason: "CapabilityMissing",
    meaning: "The target does not declare this engine for this type.",
    remedy:
      "Add the engine to the annotation of the target that the message names.",
  },
  {
    condition: "Accepted",
    status: "False",
    reason: "ValidationFailed",
    meaning: "A parameter is wrong; the message names it.",
    remedy: "Correct it in a new operation.",
  },
  {
    condition: "Running",
    status: "True",
    reason: "EngineStarted",
    meaning: "The engine is at work.",
    remedy: "Wait.",
  },
  {
    condition: "Running",
    status: "False",
    reason: "EngineNotStarted",
    meaning: "The engine has not been started.",
    remedy: "See the condition Blocked.",
  },
  {
    condition: "Running",
    status: "False",
    reason: "EngineEnded",
    meaning: "The engine is no longer at work.",
    remedy: "See Succeeded, Failed or Cancelled.",
  },
  {
    condition: "Succeeded",
    status: "True",
    reason: "EngineCompleted",
    meaning: "It is done.",
    remedy: "Nothing.",
  },
  {
    condition: "Succeeded",
    status: "False",
    reason: "NotYetSucceeded",
    meaning: "It is not done, or it failed.",
    remedy: "See the other conditions.",
  },
  {
    condition: "Failed",
    status: "True",
    reason: "EngineFailed",
    meaning: "The engine failed; the message says why.",
    remedy: "Read the message, then try again in a new operation.",
  },
  {
    condition: "Failed",
    status: "True",
    reason: "Timeout",
    meaning: "The engine took longer than allowed.",
    remedy: "Raise the timeout in a new operation.",
  },
  {
    condition: "Failed",
    status: "True",
    reason: "PreconditionFailed",
    meaning: "What had to be the case first did not become so in time.",
    remedy: "Read the message, then try again in a new operation.",
  },
  {
    condition: "Cancelled",
    status: "True",
    reason: "UserCancelled",
    meaning: "Somebody cancelled it.",
    remedy: "Nothing.",
  },
  {
    condition: "Cancelled",
    status: "True",
    reason: "SupersededByOperation",
    meaning: "A newer operation took its place.",
    remedy: "Nothing.",
  },
  {
    condition: "Cancelled",
    status: "True",
    reason: "RestoredCopy",
    meaning:
      "It is the copy of an operation from a backup; such copies never run.",
    remedy: "Delete it.",
  },
  {
    condition: "Blocked",
    status: "True",
    reason: "DependencyMissing",
    meaning: "The controller of the engine is not installed.",
    remedy: "Install it; the operation starts by itself.",
  },
  {
    condition: "Blocked",
    status: "True",
    reason: "AwaitingApproval",
    meaning: "A person must agree first.",
    remedy: "Approve it in the control plane.",
  },
  {
    condition: "Blocked",
    status: "True",
    reason: "TargetNotReady",
    meaning: "The target is not ready, and the operation requires it.",
    remedy: "Wait, or repair the target.",
  },
  {
    condition: "Blocked",
    status: "True",
    reason: "ConflictingOperation",
    meaning:
      "Another operation on the target is under way; the message names it.",
    remedy: "Wait, or cancel the other one.",
  },
  {
    condition: "Blocked",
    status: "True",
    reason: "BackupRequired",
    meaning:
      "An upgrade asks for a backup first (parameters.requireBackup), and there is none that is new enough; the message says how old the last one is.",
    remedy: "Make a backup; the operation starts by itself.",
  },
  {
    condition: "Blocked",
    status: "True",
    reason: "MissingSecret",
    meaning: "A Secret that a parameter names is not there.",
    remedy: "Create it; the operation starts by itself.",
  },
  {
    condition: "Blocked",
    status: "True",
    reason: "OutsideMaintenanceWindow",
    meaning:
      "It waits for the next maintenance window, which the message names.",
    remedy: "Wait.",
  },
  {
    condition: "Blocked",
    status: "False",
    reason: "Unblocked",
    meaning: "Nothing is in the way.",
    remedy: "Nothing.",
  },
  ...ENGINE_REASONS,
] as const satisfies readonly ConditionReason[];

export type OperationReason = (typeof OPERATION_REASONS)[number]["reason"];
