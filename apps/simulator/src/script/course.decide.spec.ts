import { COURSE_NAMES, namedCourse } from "./course";
import { chooseCourse, type CourseFacts, stepAfter } from "./course.decide";
import type { CourseRule } from "./simulator-script";

const facts: CourseFacts = {
  name: "shop",
  namespace: "team-a",
  chart: "podinfo",
  version: "1.2.3",
  annotation: "",
};

describe("Choosing a course", () => {
  it.each([
    [{ name: "shop" }, true],
    [{ name: "sho" }, false],
    [{ name: "*" }, true],
    [{ namespace: "team-*" }, true],
    [{ namespace: "team-*", name: "blog" }, false],
    [{ chart: "p*d*o" }, true],
    [{ chart: "p*f" }, false],
    [{ version: "*.2.*" }, true],
    [{ version: "1.2.3*3" }, false],
    [{}, true],
  ])("takes the rule %j for that application: %s", (patterns, isTaken) => {
    const rule: CourseRule = { ...patterns, course: "install-fails" };
    const expected = isTaken ? "install-fails" : "goes-well";
    expect(chooseCourse(facts, [rule])).toEqual(namedCourse(expected));
  });

  it("prefers the annotation to every rule, and the first rule to later ones", () => {
    const rules: CourseRule[] = [
      { name: "shop", course: "upgrade-fails" },
      { name: "*", course: "vanishes" },
    ];
    const annotated = { ...facts, annotation: "drifts" };
    expect(chooseCourse(annotated, rules)).toEqual(namedCourse("drifts"));
    expect(chooseCourse(facts, rules)).toEqual(namedCourse("upgrade-fails"));
    const unknown = { ...facts, annotation: "no-such-course" };
    expect(chooseCourse(unknown, rules)).toEqual(namedCourse("upgrade-fails"));
  });

  it("shows failures by name alone, unless a rule says otherwise", () => {
    const failing = { ...facts, chart: "failing-shop" };
    expect(chooseCourse(failing, [])).toEqual(namedCourse("nothing-works"));
    const rule: CourseRule = { chart: "failing-*", course: "goes-well" };
    expect(chooseCourse(failing, [rule])).toEqual({});
  });

  it("takes the last step for every further attempt", () => {
    const { install } = namedCourse("install-fails-twice");
    const taken = [0, 1, 2, 3].map((done) =>
      stepAfter(install, done, "succeeds"),
    );
    expect(taken).toEqual(["fails", "fails", "succeeds", "succeeds"]);
    expect(stepAfter(undefined, 5, "found")).toBe("found");
  });

  it("has a course under every name", () => {
    for (const name of COURSE_NAMES) expect(namedCourse(name)).toBeDefined();
  });
});
