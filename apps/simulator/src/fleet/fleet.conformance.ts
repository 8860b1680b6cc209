import { randomBytes } from "node:crypto";
import { SystemClock } from "@vworkspace/kernel";
import { eventually } from "../../../../test/cluster/eventually";
import { GatewayProcess } from "../../../../test/conformance/gateway-process";
import { Fleet, type FleetFigures } from "./fleet";
import { FleetGateway } from "./fleet-gateway";

const AGENTS = 20;
const LOGIN = "fleet";

describe("A fleet at a real gateway", () => {
  const key = randomBytes(32).toString("hex");
  let gateway: GatewayProcess;
  let admin: FleetGateway;
  let fleet: Fleet;

  beforeAll(async () => {
    const started = await GatewayProcess.start({
      VWORKSPACE_BOOTSTRAP_ADMIN: `${LOGIN}:${key}`,
    });
    gateway = started.process;
    const { url } = started;
    const credentials = { database: "test", login: LOGIN, key };
    admin = new FleetGateway({ url, ...credentials }, "test");
    fleet = new Fleet(
      admin,
      {
        url,
        agents: AGENTS,
        applications: 1,
        perSecond: 20,
        changesPerSecond: 0,
      },
      new SystemClock(),
    );
    await fleet.start();
  }, 90_000);

  afterAll(async () => {
    await admin.close();
    await gateway.stop();
  });

  const reached = (
    what: string,
    isReached: (figures: FleetFigures) => boolean,
  ) =>
    eventually(
      what,
      async () => {
        const figures = await fleet.figures();
        return isReached(figures) && figures;
      },
      120_000,
    );

  it("registers every agent, keeps it connected and brings every application to Ready", async () => {
    const figures = await reached(
      "all are connected and Ready",
      ({ connected, ready, eventsQueued }) =>
        connected === AGENTS && ready === AGENTS && eventsQueued === 0,
    );
    expect(figures).toMatchObject({
      started: AGENTS,
      applications: AGENTS,
      jobsFailed: 0,
    });
    expect(figures.events).toBeGreaterThan(AGENTS);
  }, 180_000);

  it("has every change applied by its agent", async () => {
    const { jobsSucceeded } = await fleet.figures();
    for (let round = 0; round < AGENTS; round += 1) await fleet.change(round);
    const later = await reached(
      "a job more is settled by each agent",
      (figures) => figures.jobsSucceeded === jobsSucceeded + AGENTS,
    );
    expect(later.jobsFailed).toBe(0);
  }, 180_000);

  it("ends every agent in order", async () => {
    await fleet.stop();
    expect(fleet.log.worst(10)).toEqual([]);
  });
});
