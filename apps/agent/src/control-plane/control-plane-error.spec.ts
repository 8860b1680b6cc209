import { ControlPlaneError, failureOfStatus } from "./control-plane-error";
import { readRetryAfter } from "./http-wire";
import { retryPauseMs } from "./patience";
import { rejectedPauseMs, renewalTime } from "./renewal.decide";

describe("What a failure of the control plane means", () => {
  it.each([
    [400, "refused", false],
    [401, "unauthenticated", false],
    [403, "forbidden", false],
    [404, "unknown", false],
    [408, "unavailable", true],
    [409, "settled", false],
    [413, "too-large", false],
    [415, "refused", false],
    [429, "throttled", true],
    [500, "unavailable", true],
    [503, "unavailable", true],
  ])("%i is %s", (status, kind, isRetryable) => {
    expect(failureOfStatus(status)).toMatchObject({ kind, isRetryable });
  });

  it.each([
    ["unreachable", true],
    ["undecodable", true],
    ["aborted", false],
  ] as const)("%s may pass by itself: %s", (kind, isRetryable) => {
    expect(new ControlPlaneError(kind, "").isRetryable).toBe(isRetryable);
  });

  it.each([
    ["7", 7_000],
    ["Thu, 01 Jan 2026 00:00:30 GMT", 30_000],
    ["Wed, 31 Dec 2025 00:00:00 GMT", 0],
    ["soon", undefined],
    [undefined, undefined],
  ])("reads Retry-After %s", (header, expected) => {
    expect(readRetryAfter(header, Date.UTC(2026, 0, 1))).toBe(expected);
  });

  it("waits a second at least, longer after more failures, and never less than Retry-After", () => {
    const away = failureOfStatus(503);
    expect(retryPauseMs(away, 0, () => 0)).toBe(1_000);
    expect(retryPauseMs(away, 5, () => 0.999)).toBeGreaterThan(30_000);
    expect(retryPauseMs(away, 50, () => 0.999)).toBeLessThanOrEqual(61_000);
    const busy = failureOfStatus(429, { retryAfterMs: 9_000 });
    expect(retryPauseMs(busy, 0, () => 0)).toBe(9_000);
  });

  it("leaves a control plane alone for 5 to 15 minutes when it refuses the credential", () => {
    expect(rejectedPauseMs(0)).toBe(300_000);
    expect(rejectedPauseMs(0.9999)).toBeLessThanOrEqual(900_000);
    expect(retryPauseMs(failureOfStatus(401), 0, () => 0)).toBe(300_000);
  });

  it("renews a credential in the last third of its life, and never one without an end", () => {
    const credential = { token: "t", issuedAt: 0, expiresAt: 300 };
    expect(renewalTime(credential, 0)).toBe(200);
    expect(renewalTime(credential, 0.5)).toBe(250);
    expect(renewalTime({ token: "t" }, 0.5)).toBe(undefined);
  });
});
