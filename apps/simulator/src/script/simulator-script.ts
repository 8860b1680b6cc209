import { z } from "zod";
import { faultRuleSchema } from "../faults/fault-rule";
import { COURSE_NAMES, courseSchema } from "./course";

const MAX_RULES = 1_000;

/** Text in which `*` stands for any characters. */
const patternSchema = z.string().min(1).max(253);

/** Which applications take a course: all of those that fit every pattern that is given. */
const courseRuleSchema = z.strictObject({
  /** Of the HelmRelease, which is that of its instance. */
  name: patternSchema.optional(),
  namespace: patternSchema.optional(),
  /** The chart's name: the last part of an OCI URL, and of a Helm repository's for its index. */
  chart: patternSchema.optional(),
  /** The chart's version as it is asked for. */
  version: patternSchema.optional(),
  course: z.union([z.enum(COURSE_NAMES), courseSchema]),
});

/** What a cluster is to go through. */
export const simulatorScriptSchema = z.strictObject({
  /** Of everything that is left to chance; the same one gives the same faults to the same requests. */
  seed: z.int().min(0).max(0xffffffff).default(1),
  /** How far the cluster's clock is ahead: its Date header and every timestamp that it writes. */
  clockAheadSeconds: z.int().min(-31_536_000).max(31_536_000).default(0),
  /** The first rule that fits decides; an annotation of the instance goes before all of them. */
  courses: z.array(courseRuleSchema).max(MAX_RULES).default([]),
  /** The first rule that fits a request and whose turn it is decides. */
  faults: z.array(faultRuleSchema).max(MAX_RULES).default([]),
});

export type CourseRule = z.output<typeof courseRuleSchema>;
/** A script as it is read. */
export type SimulatorScript = z.output<typeof simulatorScriptSchema>;
/** A script as it is written: what is left out has its default. */
export type SimulatorScriptInput = z.input<typeof simulatorScriptSchema>;
