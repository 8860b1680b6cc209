import { sanitizeMessage } from "./sanitize-message";

describe("sanitizeMessage", () => {
  it.each([
    'ApplicationInstance "x" is invalid: spec.chart.version: Invalid value: "one": must be exact semver',
    "spec.replicas: Invalid value: -1: must be greater than or equal to 0",
    'spec.mode: Unsupported value: "odd": supported values: "managed", "placeholder"',
    'namespaces "shop" not found',
  ])("keeps what explains: %s", (message) => {
    expect(sanitizeMessage(message)).toBe(message);
  });

  it.each([
    'spec.values.inline.adminPassword: Invalid value: "hunter2": must be a reference',
    'spec.template: Invalid value: core.PodTemplateSpec{Env:[]core.EnvVar{{Name:"P", Value:"hunter2"}}}: field is immutable',
    'spec.values: Invalid value: {"a":"hunter2"}: too many properties',
    `data: Invalid value: "${"hunter2".repeat(40)}": too long`,
    'v1.Pod: error found in #10 byte of ...|"x":"hunter2"|..., bigger context ...|{"y":"hunter2"}|...',
    "failed to create typed patch object (/a; x/v1, Kind=X): .spec: expected map, got &{hunter2}",
    'failed to create typed patch object (/a; x/v1, Kind=X): .data.a: expected string, got &value.valueUnstructured{Value:"hunter2"}',
    `${"x".repeat(1_000)} hunter2`,
    'tokens[0]: Duplicate value: "hunter2"',
  ])("leaves out what quotes: %s", (message) => {
    expect(sanitizeMessage(message)).not.toContain("hunter2");
  });

  it("says where something was left out", () => {
    expect(
      sanitizeMessage('spec.apiKey: Invalid value: "hunter2": must be empty'),
    ).toBe("spec.apiKey: Invalid value: (left out): must be empty");
  });
});
