import { z } from "zod";

/** Nobody scripts more by hand, and a file that says more is a mistake. */
const MAX_STEPS = 100;

/** What a source finds each time it is fetched. */
const fetchStepSchema = z.enum([
  "found",
  "unreachable",
  "unauthorized",
  "missing",
]);

/** How an attempt of Helm's ends; `times-out` runs for the release's whole timeout before it fails. */
const helmStepSchema = z.enum(["succeeds", "fails", "times-out"]);

/** How a backup or a restore by Velero ends. */
const veleroStepSchema = z.enum(["completes", "partially-fails", "fails"]);

/** What happens to a release once it is deployed, by a hand other than ours. */
const afterwardsSchema = z.strictObject({
  /** `vanishes`: its HelmRelease is deleted; `drifts`: its Deployment is scaled. */
  event: z.enum(["vanishes", "drifts"]),
  /** Milliseconds after the release was deployed. */
  afterMs: z.int().min(0).max(86_400_000).default(1_000),
  /** How often in all. */
  times: z.int().min(1).max(1_000).default(1),
});

function steps<T extends z.ZodType>(step: T) {
  return z.array(step).min(1).max(MAX_STEPS);
}

/**
 * The fate of an application: what each attempt comes to, in order. The last step of a list holds for every further attempt;
 * a list that is left out means that all goes well.
 */
export const courseSchema = z.strictObject({
  fetch: steps(fetchStepSchema).optional(),
  install: steps(helmStepSchema).optional(),
  upgrade: steps(helmStepSchema).optional(),
  backup: steps(veleroStepSchema).optional(),
  restore: steps(veleroStepSchema).optional(),
  afterwards: afterwardsSchema.optional(),
});

export type Course = z.output<typeof courseSchema>;
export type FetchStep = z.output<typeof fetchStepSchema>;
export type HelmStep = z.output<typeof helmStepSchema>;
export type VeleroStep = z.output<typeof veleroStepSchema>;
export type Afterwards = z.output<typeof afterwardsSchema>;

const ONCE_SOON = { afterMs: 1_000, times: 1 } as const;

/** Courses that have a name, for annotations and scripts. */
export const NAMED_COURSES = {
  "goes-well": {},
  "chart-unreachable": { fetch: ["unreachable"] },
  "chart-unreachable-twice": { fetch: ["unreachable", "unreachable", "found"] },
  "chart-unauthorized": { fetch: ["unauthorized"] },
  "chart-missing": { fetch: ["missing"] },
  "install-fails": { install: ["fails"] },
  "install-fails-twice": { install: ["fails", "fails", "succeeds"] },
  "never-ready": { install: ["times-out"], upgrade: ["times-out"] },
  "upgrade-fails": { upgrade: ["fails"] },
  "upgrade-fails-once": { upgrade: ["fails", "succeeds"] },
  "nothing-works": { install: ["fails"], upgrade: ["fails"] },
  "backup-fails": { backup: ["fails"] },
  "backup-partially-fails": { backup: ["partially-fails"] },
  "restore-fails": { restore: ["fails"] },
  vanishes: { afterwards: { event: "vanishes", ...ONCE_SOON } },
  drifts: { afterwards: { event: "drifts", ...ONCE_SOON } },
} as const satisfies Readonly<Record<string, Course>>;

export type CourseName = keyof typeof NAMED_COURSES;

export const COURSE_NAMES = Object.keys(NAMED_COURSES) as CourseName[];

export function namedCourse(name: CourseName): Course {
  return NAMED_COURSES[name];
}
