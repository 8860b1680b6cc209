import type { Afterwards, FetchStep, HelmStep, VeleroStep } from "./course";
import { chooseCourse, type CourseFacts, stepAfter } from "./course.decide";
import type { CourseRule } from "./simulator-script";

/** Which step of its course each object has come to. Kept in memory: a simulator that starts anew begins every course anew. */
export class CourseBook {
  private readonly done = new Map<string, number>();

  constructor(private rules: readonly CourseRule[] = []) {}

  /** From now on these rules; every course begins at its first step. */
  set(rules: readonly CourseRule[]): void {
    this.rules = rules;
    this.done.clear();
  }

  /** What the next fetch finds. @param id of the object, the same for its whole life */
  fetch(id: string, facts: CourseFacts): FetchStep {
    const { fetch } = chooseCourse(facts, this.rules);
    if (fetch === undefined) return "found";
    return stepAfter(fetch, this.next(`fetch ${id}`), "found");
  }

  /** Whether a fetch that failed is to be tried again, as a source controller does: only where it will find something else. */
  isFetchedAgain(id: string, facts: CourseFacts): boolean {
    const { fetch = [] } = chooseCourse(facts, this.rules);
    return this.count(`fetch ${id}`) < fetch.length;
  }

  /** How the attempt under way will end. */
  peek(
    action: "install" | "upgrade",
    id: string,
    facts: CourseFacts,
  ): HelmStep {
    const course = chooseCourse(facts, this.rules);
    return stepAfter(course[action], this.count(`${action} ${id}`), "succeeds");
  }

  /** How the attempt ends; the next one takes the next step. */
  take(
    action: "install" | "upgrade",
    id: string,
    facts: CourseFacts,
  ): HelmStep {
    const step = this.peek(action, id, facts);
    const course = chooseCourse(facts, this.rules);
    if (course[action] !== undefined) this.next(`${action} ${id}`);
    return step;
  }

  /** How the next backup or restore ends. @param key of the application, since each is an object of its own */
  velero(
    action: "backup" | "restore",
    key: string,
    facts: CourseFacts,
  ): VeleroStep {
    const steps = chooseCourse(facts, this.rules)[action];
    if (steps === undefined) return "completes";
    return stepAfter(steps, this.next(`${action} ${key}`), "completes");
  }

  /** What will happen to a deployed release; undefined: nothing, or no more. @param key of the release, whatever its uid */
  afterwards(key: string, facts: CourseFacts): Afterwards | undefined {
    const { afterwards } = chooseCourse(facts, this.rules);
    if (!afterwards || this.count(`after ${key}`) >= afterwards.times)
      return undefined;
    return afterwards;
  }

  tookPlace(key: string): void {
    this.next(`after ${key}`);
  }

  /** @returns how many there were before */
  private next(what: string): number {
    const before = this.count(what);
    this.done.set(what, before + 1);
    return before;
  }

  private count(what: string): number {
    return this.done.get(what) ?? 0;
  }
}
