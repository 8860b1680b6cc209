import { z } from "zod";

/** Of the registry: `[id, name]`. */
const someone = z.tuple([z.number(), z.string()]);
const asserted = z.object({ odoo_uid: z.number(), login: z.string() });
const unset = z.literal(false);

/** What the approval page shows of an operation, as the Odoo-shaped API reads it. */
const operationSchema = z.object({
  name: z.string(),
  namespace: z.string(),
  instance_id: someone,
  cluster_id: someone,
  type: z.string(),
  engine: z.string(),
  parameters_json: z.string(),
  require_ready: z.boolean(),
  exclusive: z.boolean(),
  timeout_seconds: z.union([z.number(), unset]),
  state: z.string(),
  message: z.string(),
  cancel: z.boolean(),
  approval_state: z.enum(["not_required", "required", "approved", "rejected"]),
  approval_method: z.union([z.enum(["key", "oidc", "odoo"]), unset]),
  requested_by: someone,
  requested_on_behalf_of: z.union([asserted, unset]),
  created_at: z.string(),
  approved_by: z.union([someone, unset]),
  approved_on_behalf_of: z.union([asserted, unset]),
  approved_at: z.union([z.string(), unset]),
  rejected_by: z.union([someone, unset]),
  rejected_on_behalf_of: z.union([asserted, unset]),
  rejected_at: z.union([z.string(), unset]),
});

export type RequestedOperation = z.output<typeof operationSchema>;
export const OPERATION_FIELDS = Object.keys(operationSchema.shape);

/** Undefined where there is none. */
export function requestedOperation(
  read: unknown,
): RequestedOperation | undefined {
  return z.array(operationSchema).parse(read)[0];
}

const policySchema = z.object({
  name: z.string(),
  four_eyes: z.boolean(),
  maintenance_windows: z.array(z.unknown()),
});

/** What a policy says of when operations run, and who approves. */
export type ApplicablePolicy = z.output<typeof policySchema>;
export const POLICY_FIELDS = Object.keys(policySchema.shape);

export function applicablePolicies(read: unknown): readonly ApplicablePolicy[] {
  return z.array(policySchema).parse(read);
}

/** Whether somebody can decide on it now; an approval that the cluster doesn't take can be given again. */
export function isUndecided({
  approval_state: approval,
  state,
  cancel,
}: RequestedOperation): boolean {
  const hasEnded = ["succeeded", "failed", "cancelled"].includes(state);
  const isRefused = approval === "approved" && state === "awaiting_approval";
  return (approval === "required" || isRefused) && !hasEnded && !cancel;
}
