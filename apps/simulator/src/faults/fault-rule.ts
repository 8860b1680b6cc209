import { z } from "zod";

const VERBS = [
  "get",
  "list",
  "watch",
  "create",
  "update",
  "patch",
  "delete",
  "deletecollection",
] as const;

const effectSchema = z.discriminatedUnion("kind", [
  /** The request is answered with this status and changes nothing. */
  z.strictObject({
    kind: z.literal("refuse"),
    code: z.union([
      z.literal(410),
      z.literal(429),
      z.literal(500),
      z.literal(503),
      z.literal(504),
    ]),
    /** Goes into the Retry-After header. */
    retryAfterSeconds: z.int().min(0).max(3_600).optional(),
  }),
  /** A watch begins, and its first event is the error 410; only for watches. */
  z.strictObject({ kind: z.literal("expire") }),
  /** The connection breaks after so many bytes of the answer's body; what the request changed stays changed. */
  z.strictObject({
    kind: z.literal("cut"),
    afterBytes: z
      .int()
      .min(0)
      .max(2 ** 31),
  }),
  /** Every piece of the answer, in a watch every event, comes so much later than the one before. */
  z.strictObject({
    kind: z.literal("slow"),
    eventMs: z.int().min(1).max(600_000),
  }),
  /** The request is looked at only after this time. */
  z.strictObject({
    kind: z.literal("delay"),
    ms: z.int().min(1).max(600_000),
  }),
]);

/** A fault of the API server: which requests, whose turn it is, and what becomes of them. */
export const faultRuleSchema = z.strictObject({
  /** Under which hits are counted; its place in the list when left out. */
  name: z.string().min(1).max(100).optional(),
  verbs: z.array(z.enum(VERBS)).min(1).optional(),
  /** Plurals with their group, `helmreleases.helm.toolkit.fluxcd.io`, or without for the core group, `pods`; with a subresource after a slash. */
  resources: z.array(z.string().min(1).max(253)).min(1).max(100).optional(),
  /** Of the user's name; everybody's requests when left out. */
  user: z.string().min(1).max(253).optional(),
  /** Of the requests that fit, counted from 1: only these … */
  nth: z.array(z.int().min(1)).min(1).max(1_000).optional(),
  /** … or every so many … */
  every: z.int().min(1).optional(),
  /** … or each with this probability. All of them when nothing is said. */
  probability: z.number().min(0).max(1).optional(),
  /** Ends the rule after so many hits. */
  times: z.int().min(1).optional(),
  effect: effectSchema,
});

export type FaultRule = z.output<typeof faultRuleSchema>;
export type FaultEffect = FaultRule["effect"];
