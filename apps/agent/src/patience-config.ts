import { LIMITS } from "@vworkspace/contract";
import { type Environment, readWholeNumber } from "@vworkspace/kernel";

/** How long the agent waits for what. @throws ConfigurationError naming variable, value and remedy */
export function readPatience(environment: Environment): {
  readonly jobLeaseMs: number;
  readonly disconnectAfterMs: number;
} {
  const ms = (name: string, fallbackSeconds: number) =>
    readWholeNumber(environment, name, fallbackSeconds) * 1000;
  return {
    jobLeaseMs: ms("VWORKSPACE_JOB_LEASE_SECONDS", LIMITS.leaseSeconds),
    disconnectAfterMs: ms("VWORKSPACE_DISCONNECT_AFTER_SECONDS", 120),
  };
}
