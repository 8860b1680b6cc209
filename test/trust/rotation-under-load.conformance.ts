import { writeFile } from "node:fs/promises";
import { join } from "node:path";
import { AuthorityService } from "../../apps/gateway/src/trust/certificates/authority.service";
import { CertificateService } from "../../apps/gateway/src/trust/certificates/certificate.service";
import { SigningKeyService } from "../../apps/gateway/src/trust/identity/signing-key.service";
import { PayloadKeyRotation } from "../../apps/gateway/src/trust/payload-keys/payload-key-rotation";
import { freePorts } from "../cluster/free-ports";
import { type ListedGateway, startListedGateway } from "./listed-gateway";
import { WorkingFleet } from "./working-fleet";

/** As many as the run is given; CI takes few. */
const AGENTS = Number(process.env["VWORKSPACE_TEST_AGENTS"] ?? 24);

jest.setTimeout(300_000 + AGENTS * 2_000);

describe(`Keys and certificates that change under ${AGENTS} agents at work`, () => {
  let gateway: ListedGateway;
  let fleet: WorkingFleet;

  beforeAll(async () => {
    const [port = 0] = await freePorts(1);
    const url = `https://127.0.0.1:${port}`;
    gateway = await startListedGateway({
      VWORKSPACE_AGENT_ADDR: `127.0.0.1:${port}`,
      VWORKSPACE_AGENT_URLS: url,
      // The agents compute in the gateway's own process here: what is at work takes long, and the others would wait in vain.
      VWORKSPACE_DATABASE_POOL: "30",
    });
    const caFile = join(gateway.dataDir, "ca.pem");
    const bundle = await gateway.get(CertificateService).caBundle();
    await writeFile(caFile, bundle ?? "");
    fleet = await WorkingFleet.start(gateway, { url, caFile, agents: AGENTS });
  });

  afterAll(async () => {
    await fleet?.stop();
    await gateway?.stop();
  });

  it("loses no job and refuses no request, in whatever is rotated", async () => {
    await fleet.ofAll("write", {
      token_mode: "mtls",
      require_encrypted_payloads: true,
    });
    const signing = gateway.get(SigningKeyService);
    const payloads = gateway.get(PayloadKeyRotation);
    const authority = gateway.get(AuthorityService);
    await fleet.throughout(() => signing.rotate({ isUrgent: true }));
    await fleet.throughout(() => payloads.rotate({ isUrgent: true }));
    await fleet.throughout(async () => {
      for (const step of ["init", "trust", "issue"] as const)
        await authority.rotate(step);
    });
    await fleet.throughout(() => fleet.rotateCredentials());
    await fleet.throughout(async () => {
      await authority.rotate("distrust");
      await authority.rotate("done");
      await signing.rotate({ isUrgent: true });
      await payloads.rotate({ isUrgent: true });
    });
    expect(await fleet.outcome("rotation")).toEqual(fleet.wholeOutcome);
    expect(await fleet.settled("intent")).toEqual({
      all: AGENTS,
      once: AGENTS,
    });
  });
});
