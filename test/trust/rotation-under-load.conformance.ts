import { writeFile } from "node:fs/promises";
import { join } from "node:path";
import { SystemClock } from "@vworkspace/kernel";
import { Fleet, type FleetFigures } from "../../apps/simulator/src/fleet/fleet";
import { FleetGateway } from "../../apps/simulator/src/fleet/fleet-gateway";
import { AuthorityService } from "../../apps/gateway/src/trust/certificates/authority.service";
import { CertificateService } from "../../apps/gateway/src/trust/certificates/certificate.service";
import { SigningKeyService } from "../../apps/gateway/src/trust/identity/signing-key.service";
import { UserService } from "../../apps/gateway/src/trust/identity/user.service";
import { PayloadKeyRotation } from "../../apps/gateway/src/trust/payload-keys/payload-key-rotation";
import { freePorts } from "../cluster/free-ports";
import { OdooSession } from "../conformance/odoo-session";
import { eventually } from "../cluster/eventually";
import { type ListedGateway, startListedGateway } from "./listed-gateway";

/** As many as the run is given; CI takes few. */
const AGENTS = Number(process.env["VWORKSPACE_TEST_AGENTS"] ?? 24);
const LOGIN = "fleet";
const ORGANIZATION = "test";
const CLUSTER = "vworkspace.cluster";
/** Of the longest step, for as many agents as there are. */
const PATIENCE_MS = 60_000 + AGENTS * 1_000;

jest.setTimeout(300_000 + AGENTS * 2_000);

describe(`Keys and certificates that change under ${AGENTS} agents at work`, () => {
  let gateway: ListedGateway;
  let admin: FleetGateway;
  let odoo: OdooSession;
  let fleet: Fleet;
  let clusters: readonly number[];

  beforeAll(async () => {
    const [port = 0] = await freePorts(1);
    const url = `https://127.0.0.1:${port}`;
    gateway = await startListedGateway({
      VWORKSPACE_AGENT_ADDR: `127.0.0.1:${port}`,
      VWORKSPACE_AGENT_URLS: url,
    });
    const caFile = join(gateway.dataDir, "ca.pem");
    const bundle = await gateway.get(CertificateService).caBundle();
    await writeFile(caFile, bundle ?? "");
    const { key } = await gateway.get(UserService).add({
      login: LOGIN,
      role: "admin",
      organizationCode: ORGANIZATION,
    });
    const signIn = { database: ORGANIZATION, login: LOGIN, key };
    admin = new FleetGateway({ url: gateway.url, ...signIn }, "rotation");
    odoo = await OdooSession.login(gateway.url, LOGIN, key);
    fleet = new Fleet(
      admin,
      {
        url,
        agents: AGENTS,
        applications: 1,
        perSecond: 20,
        changesPerSecond: 0,
        environment: {
          VWORKSPACE_CA_FILE: caFile,
          VWORKSPACE_REQUIRE_SIGNED_PAYLOADS: "true",
        },
      },
      new SystemClock(),
    );
    await fleet.start();
    await reached(
      "all are Ready",
      ({ ready, connected }) => ready === AGENTS && connected === AGENTS,
    );
    clusters = (await odoo.execute(CLUSTER, "search", [[]])) as number[];
  });

  afterAll(async () => {
    await fleet?.stop();
    await admin?.close();
    await gateway?.stop();
  });

  function reached(
    what: string,
    isReached: (figures: FleetFigures) => boolean,
  ): Promise<FleetFigures> {
    return eventually(
      what,
      async () => {
        const figures = await fleet.figures();
        return isReached(figures) && figures;
      },
      PATIENCE_MS,
    );
  }

  /** Every application changes once while the rotation goes on, and every change is applied before the next one. */
  async function throughout(rotation: () => Promise<unknown>): Promise<void> {
    const { jobsSucceeded } = await fleet.figures();
    const rotated = rotation();
    for (let round = 0; round < AGENTS; round += 1)
      await fleet.change(changes + round);
    changes += AGENTS;
    await rotated;
    await reached(
      "every change is applied",
      (figures) => figures.jobsSucceeded >= jobsSucceeded + AGENTS,
    );
  }
  let changes = 0;

  /** As many at once as one call may change. */
  async function ofAll(method: string, ...args: object[]): Promise<void> {
    for (let at = 0; at < clusters.length; at += 100)
      await odoo.execute(CLUSTER, method, [
        clusters.slice(at, at + 100),
        ...args,
      ]);
  }

  const rotateCredentials = async () => {
    const { jobsSucceeded } = await fleet.figures();
    await ofAll("action_rotate_credentials");
    await reached(
      "every credential is another",
      (figures) => figures.jobsSucceeded >= jobsSucceeded + AGENTS,
    );
  };

  it("loses no job and refuses no request, in whatever is rotated", async () => {
    await ofAll("write", {
      token_mode: "mtls",
      require_encrypted_payloads: true,
    });
    const signing = gateway.get(SigningKeyService);
    const payloads = gateway.get(PayloadKeyRotation);
    const authority = gateway.get(AuthorityService);
    await throughout(() => signing.rotate({ isUrgent: true }));
    await throughout(() => payloads.rotate({ isUrgent: true }));
    await throughout(async () => {
      for (const step of ["init", "trust", "issue"] as const)
        await authority.rotate(step);
    });
    await throughout(rotateCredentials);
    await throughout(async () => {
      await authority.rotate("distrust");
      await authority.rotate("done");
      await signing.rotate({ isUrgent: true });
      await payloads.rotate({ isUrgent: true });
    });
    const figures = await reached(
      "all are at rest",
      ({ ready, eventsQueued }) => ready === AGENTS && eventsQueued === 0,
    );
    process.stdout.write(
      `rotation under load: ${figures.connected}/${AGENTS} connected, ${figures.jobsSucceeded} jobs succeeded, ${figures.jobsFailed} not, ${figures.problems} problems\n`,
    );
    expect(fleet.log.worst(10)).toEqual([]);
    expect(figures).toMatchObject({
      connected: AGENTS,
      jobsFailed: 0,
      problems: 0,
    });
    // One of the first, five rounds of changes, and one that rotates, of each; none of them twice.
    const [jobs] = await gateway.look<{ all: number; once: number }>(
      `select count(*)::int as all, count(distinct (cluster_id, idempotency_key))::int as once
       from settled_jobs where state = 'succeeded'`,
    );
    expect(jobs).toEqual({ all: AGENTS * 7, once: AGENTS * 7 });
  });
});
