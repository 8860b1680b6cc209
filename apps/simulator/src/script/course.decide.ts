import type { Course, CourseName } from "./course";
import { COURSE_NAMES, namedCourse } from "./course";
import type { CourseRule } from "./simulator-script";

/** What courses are chosen by. */
export interface CourseFacts {
  readonly name: string;
  readonly namespace: string;
  readonly chart: string;
  readonly version: string;
  /** The value of the annotation that names a course; empty: there is none. */
  readonly annotation: string;
}

/** Names that show a person a failure without a script. */
const BY_NAME: readonly CourseRule[] = [
  { chart: "missing*", course: "chart-missing" },
  { version: "*-missing", course: "chart-missing" },
  { chart: "failing*", course: "nothing-works" },
  { version: "*-broken", course: "nothing-works" },
];

/** The annotation, then the rules in their order, then what the names say; an unknown name counts as no annotation. */
export function chooseCourse(
  facts: CourseFacts,
  rules: readonly CourseRule[],
): Course {
  const annotated = COURSE_NAMES.find((name) => name === facts.annotation);
  if (annotated) return namedCourse(annotated);
  const rule = [...rules, ...BY_NAME].find((one) => fits(one, facts));
  return courseOf(rule?.course ?? "goes-well");
}

/** The step of the attempt after `done` others; the last one holds for ever. */
export function stepAfter<T>(
  steps: readonly T[] | undefined,
  done: number,
  otherwise: T,
): T {
  return steps?.[Math.min(done, steps.length - 1)] ?? otherwise;
}

function courseOf(course: CourseName | Course): Course {
  return typeof course === "string" ? namedCourse(course) : course;
}

function fits(rule: CourseRule, facts: CourseFacts): boolean {
  const fields = ["name", "namespace", "chart", "version"] as const;
  return fields.every((field) => {
    const pattern = rule[field];
    return pattern === undefined || matches(pattern, facts[field]);
  });
}

/** Without a regular expression: a pattern of many stars must not take for ever. */
function matches(pattern: string, text: string): boolean {
  const [first = "", ...rest] = pattern.split("*");
  const last = rest.pop();
  if (last === undefined) return pattern === text;
  if (!text.startsWith(first)) return false;
  let at = first.length;
  for (const part of rest) {
    const found = text.indexOf(part, at);
    if (found < 0) return false;
    at = found + part.length;
  }
  return text.length - last.length >= at && text.endsWith(last);
}
