import type { RpcLimits } from "../rpc-value";

/** Answers hold whole tables at times, and come from a server that we chose to ask. */
export const ANSWER_LIMITS: RpcLimits = {
  bytes: 16 * 1024 * 1024,
  depth: 256,
  values: 2_000_000,
};
