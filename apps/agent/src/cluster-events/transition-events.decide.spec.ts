import type { Condition } from "@vworkspace/contract";
import { instance } from "../testing/flux-objects";
import { transitionEvents } from "./transition-events.decide";

function condition(
  type: string,
  status: "True" | "False" | "Unknown",
  reason: string,
  message = "",
): Condition {
  return { type, status, reason, message };
}

function told(before: Condition | undefined, after: Condition): string[] {
  return transitionEvents(instance(), before ? [before] : [], [after]).map(
    ({ type, reason, note }) => `${type} ${reason}: ${note}`,
  );
}

describe("What people are told of conditions", () => {
  it.each<[string, Condition | undefined, Condition, string[]]>([
    [
      "a failure",
      condition("Ready", "False", "Installing"),
      condition("Ready", "False", "HelmReleaseFailed", "no"),
      ["Warning HelmReleaseFailed: Ready is False: no"],
    ],
    [
      "a success",
      condition("Ready", "False", "Installing"),
      condition("Ready", "True", "HelmReleaseReady"),
      ["Normal HelmReleaseReady: Ready is True"],
    ],
    [
      "what is on its way",
      undefined,
      condition("Ready", "False", "Installing"),
      ["Normal Installing: Ready is False"],
    ],
    [
      "what holds it up",
      undefined,
      condition("Blocked", "True", "MissingDependencies", "install Flux"),
      ["Warning MissingDependencies: Blocked is True: install Flux"],
    ],
    [
      "that it is over",
      condition("Blocked", "True", "MissingDependencies"),
      condition("Blocked", "False", "Unblocked"),
      ["Normal Unblocked: Blocked is False"],
    ],
    [
      "nothing where only the words change",
      condition("Ready", "False", "Upgrading", "1 of 2"),
      condition("Ready", "False", "Upgrading", "2 of 2"),
      [],
    ],
    [
      "nothing of what was never wrong",
      undefined,
      condition("Suspended", "False", "Active"),
      [],
    ],
    [
      "nothing of Reconciling, which Ready tells as well",
      undefined,
      condition("Reconciling", "True", "ChartSourceSyncing"),
      [],
    ],
  ])("is %s", (_, before, after, events) => {
    expect(told(before, after)).toEqual(events);
  });
});
