import { Injectable, Logger } from "@nestjs/common";
import { DomainError } from "@vworkspace/kernel";
import { type OdooError, odooErrorOf } from "@vworkspace/odoo-rpc";
import { sqlState } from "../../../database/sql-unit-of-work";

import { requestIdOf, type RpcRequest } from "./rpc-request";

/** SQLSTATE of a statement that ran into its timeout. */
const QUERY_CANCELED = "57014";

/** What a caller is told of an error: our own refusals as they are, of anything else only where the log has it. */
@Injectable()
export class RpcFailures {
  private readonly logger = new Logger("OdooRpc");

  of(error: unknown, request: RpcRequest): OdooError {
    const requestId = requestIdOf(request);
    if (error instanceof DomainError) {
      // Odoo's older protocols have no word for it, and their faults come with status 200.
      if (error.retryAfterSeconds !== undefined)
        request.visit.retryAfter(error.retryAfterSeconds);
      return odooErrorOf(error);
    }
    if (sqlState(error) === QUERY_CANCELED)
      return {
        kind: "user",
        message:
          "The database took too long for this; narrow the domain, name fewer fields or use a limit.",
      };
    this.logger.error({ err: error, requestId }, "an Odoo RPC call failed");
    return {
      kind: "programming",
      message: `The gateway failed on this call; its log has it as request ${requestId}.`,
      code: "internal",
    };
  }
}
