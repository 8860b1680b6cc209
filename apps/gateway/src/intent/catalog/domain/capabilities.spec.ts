import { capabilitiesProblem, capabilityAnnotations } from "./capabilities";

describe("capabilities of a catalog entry", () => {
  it("become the annotations that agents read", () => {
    const capabilities = {
      backup: "velero, snapshot",
      "run-command": "job",
    };
    expect(capabilitiesProblem(capabilities)).toBeUndefined();
    expect(capabilityAnnotations(capabilities)).toEqual({
      "ops.vworkspace.io/backup": "velero,snapshot",
      "ops.vworkspace.io/run-command": "job",
    });
  });

  it.each([
    [{ bakcup: "velero" }, 'the verb "bakcup"'],
    [{ backup: "valero" }, 'the engine "valero" for backup'],
    [{ backup: "" }, 'the engine ""'],
  ])("are refused where they hold %j", (capabilities, why) => {
    expect(capabilitiesProblem(capabilities)).toContain(why);
    expect(capabilityAnnotations(capabilities)).toEqual({});
  });
});
