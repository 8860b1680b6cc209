import type { ErrorCode } from "@vworkspace/contract";
import { DomainError } from "@vworkspace/kernel";

/** The caller used the protocol wrongly: what was sent can't be read, or asks for something that doesn't exist. */
export class RpcUsageError extends DomainError {
  constructor(message: string, code: ErrorCode = "invalid_request") {
    super(code, message);
    this.name = "RpcUsageError";
  }
}

/** A value of ours that the protocol can't carry. A skin answers it by naming a field that holds the same as text. */
export class UnencodableValueError extends DomainError {
  constructor(
    /** Where it stands, for example `result[0].values.image`. */
    readonly path: string,
    reason: string,
  ) {
    super("validation_failed", `${path}: ${reason}`);
    this.name = "UnencodableValueError";
  }
}
