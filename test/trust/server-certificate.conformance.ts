import { mkdtemp, rm, writeFile } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { setTimeout as sleep } from "node:timers/promises";
import { eventually } from "../cluster/eventually";
import { freePorts } from "../cluster/free-ports";
import { type ListedGateway, startListedGateway } from "./listed-gateway";
import { makeTestAuthority, type TestAuthority } from "./test-authority";
import { TlsAgent } from "./tls-agent";
import { WorkingFleet } from "./working-fleet";

/** As many as the run is given; CI takes few. */
const AGENTS = Number(process.env["VWORKSPACE_TEST_AGENTS"] ?? 24);
const HOST = "127.0.0.1";
/** The listener looks at its files more than once meanwhile. */
const SOME_LOOKS_MS = 2_500;

jest.setTimeout(300_000 + AGENTS * 2_000);

describe(`Files of the server's certificate that change under ${AGENTS} agents at work`, () => {
  let directory: string;
  let certificateFile: string;
  let keyFile: string;
  let authority: TestAuthority;
  let gateway: ListedGateway;
  let fleet: WorkingFleet;
  const shown: string[] = [];

  beforeAll(async () => {
    directory = await mkdtemp(join(tmpdir(), "vworkspace-tls-"));
    certificateFile = join(directory, "tls.crt");
    keyFile = join(directory, "tls.key");
    authority = await makeTestAuthority();
    const { cert, key } = await authority.issue({ name: HOST });
    await writeFile(certificateFile, cert);
    await writeFile(keyFile, key);
    const [port = 0] = await freePorts(1);
    const url = `https://${HOST}:${port}`;
    gateway = await startListedGateway({
      VWORKSPACE_AGENT_ADDR: `${HOST}:${port}`,
      VWORKSPACE_AGENT_URLS: url,
      VWORKSPACE_AGENT_TLS_CERT_FILE: certificateFile,
      VWORKSPACE_AGENT_TLS_KEY_FILE: keyFile,
    });
    const caFile = join(directory, "ca.pem");
    await writeFile(caFile, authority.pem);
    fleet = await WorkingFleet.start(gateway, { url, caFile, agents: AGENTS });
    await fleet.ofAll("write", { token_mode: "mtls" });
  });

  afterAll(async () => {
    await fleet?.stop();
    await gateway?.stop();
    await rm(directory, { recursive: true });
  });

  /** Serial of the certificate that a new connection is shown. */
  async function serial(): Promise<string> {
    const agent = new TlsAgent(gateway.agentPort ?? 0, authority.pem);
    try {
      return (await agent.call("GET", "/health/live")).serverSerial;
    } finally {
      agent.close();
    }
  }

  async function untilAnotherIsShown(): Promise<void> {
    shown.push(
      await eventually("another certificate is shown", async () => {
        const now = await serial();
        return !shown.includes(now) && now;
      }),
    );
  }

  /** What a new pair is written in, with a halt after each part but the last: what stood before has to go on there. */
  async function replace(
    ...parts: readonly ((pair: {
      readonly cert: string;
      readonly key: string;
    }) => Promise<void>)[]
  ): Promise<void> {
    const pair = await authority.issue({ name: HOST });
    for (const part of parts.slice(0, -1)) {
      await part(pair);
      await sleep(SOME_LOOKS_MS);
      expect(await serial()).toBe(shown.at(-1));
    }
    await parts.at(-1)?.(pair);
    await untilAnotherIsShown();
  }

  it("drop no request and no job, whatever is written first, and half", async () => {
    shown.push(await serial());
    const key = (pair: { key: string }) => writeFile(keyFile, pair.key);
    const cert = (pair: { cert: string }) =>
      writeFile(certificateFile, pair.cert);
    const half = ({ cert: whole }: { cert: string }) =>
      writeFile(certificateFile, whole.slice(0, whole.length / 2));
    await fleet.throughout(() =>
      replace(async (pair) => {
        await cert(pair);
        await key(pair);
      }),
    );
    await fleet.throughout(() => replace(key, cert));
    await fleet.throughout(() => replace(cert, key));
    await fleet.throughout(() => replace(half, key, cert));
    await fleet.throughout(() => replace(() => rm(keyFile), cert, key));
    expect(new Set(shown).size).toBe(6);
    expect(await fleet.outcome("the server's certificate files")).toEqual(
      fleet.wholeOutcome,
    );
  });
});
