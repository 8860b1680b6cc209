import { randomBytes } from "node:crypto";
import { mkdtemp, rm, writeFile } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { SystemClock } from "@vworkspace/kernel";
import { Fleet } from "../../apps/simulator/src/fleet/fleet";
import { FleetGateway } from "../../apps/simulator/src/fleet/fleet-gateway";
import { eventually } from "../cluster/eventually";
import { freePorts } from "../cluster/free-ports";
import { GatewayProcess } from "../conformance/gateway-process";
import { LosingProxy, type Passed } from "../trust/losing-proxy";

jest.setTimeout(180_000);

/** So little that an agent that does its work meets each of them. */
const LIMITS = `
poll: { requests: 1, windowSeconds: 6 }
report: { requests: 2, windowSeconds: 2 }
events: { requests: 1, windowSeconds: 2 }
`;
const AGENTS = 3;
const CHANGES = 2;

describe("an agent at a gateway that takes little", () => {
  let gateway: GatewayProcess;
  let proxy: LosingProxy;
  let admin: FleetGateway;
  let fleet: Fleet;
  let folder: string;

  beforeAll(async () => {
    folder = await mkdtemp(join(tmpdir(), "vworkspace-limits-"));
    await writeFile(join(folder, "limits.yaml"), LIMITS);
    const [port = 0] = await freePorts(1);
    proxy = await LosingProxy.start(`http://127.0.0.1:${port}`);
    const key = randomBytes(32).toString("hex");
    const started = await GatewayProcess.start({
      VWORKSPACE_HTTP_ADDR: `127.0.0.1:${port}`,
      VWORKSPACE_AGENT_URLS: proxy.url,
      VWORKSPACE_DEMO: "true",
      VWORKSPACE_BOOTSTRAP_ADMIN: `admin:${key}`,
      VWORKSPACE_LIMITS_FILE: join(folder, "limits.yaml"),
    });
    gateway = started.process;
    const signIn = { database: "demo", login: "admin", key };
    admin = new FleetGateway({ url: started.url, ...signIn }, "limits");
    const plan = {
      url: proxy.url,
      agents: AGENTS,
      applications: 1,
      perSecond: 10,
      changesPerSecond: 0,
    };
    fleet = new Fleet(admin, plan, new SystemClock());
    await fleet.start();
  });

  afterAll(async () => {
    await fleet?.stop();
    await admin?.close();
    await proxy?.stop();
    await gateway?.stop();
    await rm(folder, { recursive: true });
  });

  it("does all its work, and comes back when it was told to, not before", async () => {
    for (let change = 1; change <= CHANGES; change += 1) {
      await settled(change * AGENTS);
      if (change < CHANGES)
        for (let index = 0; index < AGENTS; index += 1)
          await fleet.change((change - 1) * AGENTS + index);
    }
    const refused = proxy.passed.filter(({ status }) => status === 429);
    const kinds = new Set(refused.map(kindOf));
    process.stdout.write(
      `${refused.length} of ${proxy.passed.length} requests were told to come back later\n`,
    );
    expect(kinds).toEqual(new Set(["poll", "report", "events"]));
    expect(refused.flatMap(earlierThanTold)).toEqual([]);
    expect((await fleet.figures()).jobsFailed).toBe(0);
  });

  function settled(jobs: number) {
    return eventually(
      `${jobs} jobs have succeeded`,
      async () => {
        const { jobsSucceeded, ready } = await fleet.figures();
        return jobsSucceeded >= jobs && ready === AGENTS;
      },
      120_000,
    );
  }

  /** What the same agent asked of the same path before the time that it was told. */
  function earlierThanTold(answer: Passed): Passed[] {
    const { authorization, answeredAt, retryAfterSeconds = NaN } = answer;
    expect(retryAfterSeconds).toBeGreaterThan(0);
    return proxy.passed.filter(
      (next) =>
        next.authorization === authorization &&
        pathOf(next) === pathOf(answer) &&
        next.arrivedAt > answeredAt &&
        next.arrivedAt < answeredAt + retryAfterSeconds * 1000 - 50,
    );
  }
});

function pathOf({ path }: Passed): string {
  return path.split("?")[0] ?? "";
}

function kindOf(passed: Passed): string {
  const path = pathOf(passed);
  if (path.endsWith("/events")) return "events";
  return path.endsWith("/jobs") ? "poll" : "report";
}
