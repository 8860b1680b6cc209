import { describeCredentials } from "./credentials.suite";
import { describeDpop } from "./dpop.suite";
import { describeEvents } from "./events.suite";
import { startFakeTarget } from "./fake-target";
import { startGatewayTarget } from "./gateway-target";
import { describeJobs } from "./jobs.suite";
import { describeOrder } from "./order.suite";
import { describePolls } from "./polls.suite";
import { describeEncryption, describeSignatures } from "./protection.suite";
import { describeRegistration } from "./registration.suite";
import type { ConformanceTarget, StartTarget, TargetTimes } from "./target";
import { describeTime } from "./time.suite";
import { describeTransport } from "./transport.suite";

const TARGETS: Record<string, StartTarget> = {
  fake: startFakeTarget,
  gateway: startGatewayTarget,
};

const chosen = process.env["VWORKSPACE_CONFORMANCE_TARGET"] || "fake";
const start = TARGETS[chosen];
if (start === undefined)
  throw new Error(
    `VWORKSPACE_CONFORMANCE_TARGET is "${chosen}": use one of ${Object.keys(TARGETS).join(", ")}.`,
  );

jest.setTimeout(60_000);

/** Starts a target before its tests, and stops it after them. */
function running(times: TargetTimes): () => ConformanceTarget {
  let target: ConformanceTarget | undefined;
  beforeAll(async () => {
    target = await start?.(times);
  });
  afterAll(async () => {
    await target?.stop();
  });
  return () => {
    if (target === undefined) throw new Error("The target did not start.");
    return target;
  };
}

describe(`agent contract v1, ${chosen} gateway`, () => {
  describe("where time plays no part", () => {
    const target = running({
      leaseSeconds: 600,
      jobSeconds: 3600,
      graceSeconds: 3600,
    });
    describe("transport", () => describeTransport(target));
    describe("registration", () => describeRegistration(target));
    describe("polls", () => describePolls(target));
    describe("jobs", () => describeJobs(target));
    describe("order", () => describeOrder(target));
    describe("events", () => describeEvents(target));
    describe("credentials", () => describeCredentials(target));
    describe("signatures above TLS", () => describeSignatures(target));
    // The fake gateway is a peer that knows of no proofs and no encryption, which are optional.
    if (chosen === "gateway")
      describe("proofs of possession", () => describeDpop(target));
    if (chosen === "gateway")
      describe("encryption above TLS", () => describeEncryption(target));
  });

  describe("where time passes", () => {
    describeTime(running({ leaseSeconds: 3, jobSeconds: 12, graceSeconds: 4 }));
  });
});
