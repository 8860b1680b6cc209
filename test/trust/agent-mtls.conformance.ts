import { X509Certificate } from "node:crypto";
import { SystemClock } from "@vworkspace/kernel";
import { ControlPlaneTime } from "../../apps/agent/src/control-plane/control-plane-time";
import { CredentialKeeper } from "../../apps/agent/src/control-plane/credential-keeper";
import { DpopProver } from "../../apps/agent/src/control-plane/dpop-prover";
import { HttpWire } from "../../apps/agent/src/control-plane/http-wire";
import { Link } from "../../apps/agent/src/control-plane/link";
import { Registrar } from "../../apps/agent/src/control-plane/registrar";
import { Connections } from "../../apps/agent/src/control-plane/tls/connections";
import { KeptLog } from "../../apps/agent/src/testing/kept-log";
import { MemoryCredentialStore } from "../../apps/agent/src/testing/memory-credential-store";
import { ClusterService } from "../../apps/gateway/src/fleet/clusters/cluster.service";
import { AuthorityService } from "../../apps/gateway/src/trust/certificates/authority.service";
import { CertificateService } from "../../apps/gateway/src/trust/certificates/certificate.service";
import { freePorts } from "../cluster/free-ports";
import { TestTenant } from "../db/test-tenant";
import { type ListedGateway, startListedGateway } from "./listed-gateway";

jest.setTimeout(120_000);

const NO_JOBS = { jobs: [] };

/** The part of an agent that talks to its control plane, as one process has it. */
function startAgent(
  url: string,
  ca: string,
  registrationToken: string,
  store = new MemoryCredentialStore(),
) {
  const clock = new SystemClock();
  const time = new ControlPlaneTime(clock);
  const prover = new DpopProver(time);
  const held: { keeper?: CredentialKeeper } = {};
  const connections = new Connections(
    { ca },
    {
      caBundle: () => held.keeper?.credentials?.caBundle,
      clientCertificate: (token) => held.keeper?.certificateOf(token),
    },
  );
  const wire = new HttpWire(url, "mtls", { time, prover }, connections);
  const parts = {
    wire,
    clock,
    link: new Link(clock),
    log: new KeptLog(),
    requestTimeoutMs: 10_000,
  };
  const keeper = new CredentialKeeper({ ...parts, store });
  held.keeper = keeper;
  prover.keyFrom(() => keeper.credentials?.dpopKey);
  const registrar = new Registrar({
    ...parts,
    keeper,
    controlPlaneEndpoint: url,
    clusterId: undefined,
    agentToken: undefined,
    registrationToken: () => registrationToken,
    describe: () => Promise.resolve({ agentVersion: "1" }),
    random: () => 0,
  });
  const poll = (wait = 0) =>
    keeper.withToken((token, cluster) =>
      wire.send({
        method: "GET",
        path: "/jobs",
        query: { cluster, wait: String(wait) },
        token,
        timeoutMs: 30_000,
      }),
    );
  const serial = () =>
    new X509Certificate(
      keeper.credentials?.current.certificate?.chain ?? "",
    ).serialNumber.toLowerCase();
  return { ...parts, keeper, registrar, store, poll, serial };
}

describe("An agent whose token is bound to its certificate", () => {
  let gateway: ListedGateway;
  let tenant: TestTenant;
  let url: string;
  let ca: string;
  const wires: HttpWire[] = [];

  beforeAll(async () => {
    const [port = 0] = await freePorts(1);
    url = `https://127.0.0.1:${port}`;
    gateway = await startListedGateway({
      VWORKSPACE_AGENT_ADDR: `127.0.0.1:${port}`,
      VWORKSPACE_AGENT_URLS: url,
    });
    tenant = await TestTenant.make(gateway);
    ca = (await gateway.get(CertificateService).caBundle()) ?? "";
  });

  afterAll(async () => {
    for (const wire of wires) await wire.close();
    await gateway?.stop();
  });

  async function registered() {
    const { id, code } = await tenant.addCluster();
    const token = await tenant.registrationToken(id);
    const agent = startAgent(url, ca, token);
    wires.push(agent.wire);
    expect(await agent.registrar.ensure(new AbortController().signal)).toBe(
      true,
    );
    await tenant.in((stores) =>
      gateway
        .get(ClusterService)
        .setTokenMode(stores, tenant.actor, id, "mtls"),
    );
    return { id, code, agent };
  }

  it("gets it with its registration, and is let in by it alone", async () => {
    const { agent } = await registered();
    expect(await agent.poll()).toEqual(NO_JOBS);
    const { certificate: _, ...bare } = agent.keeper.credentials?.current ?? {
      token: "",
    };
    const { dpopKey: __, ...rest } = { ...agent.store.stored };
    const stored = { ...rest, current: bare };
    const copy = startAgent(
      url,
      ca,
      "used",
      new MemoryCredentialStore(stored as never),
    );
    wires.push(copy.wire);
    await copy.keeper.load();
    await expect(copy.poll()).rejects.toMatchObject({
      kind: "unauthenticated",
    });
  });

  it("keeps its private key to itself, and shows another one after each rotation", async () => {
    const { agent } = await registered();
    const first = agent.serial();
    const key = agent.keeper.credentials?.current.certificate?.key;
    await agent.keeper.rotate();
    expect(agent.serial()).not.toBe(first);
    expect(agent.keeper.credentials?.previous?.certificate?.key).toBe(key);
    expect(await agent.poll()).toEqual(NO_JOBS);
    // The new one has worked: the one before is gone from memory and from the Secret.
    expect(agent.store.stored?.previous).toBeUndefined();
  });

  it("goes on with the former one where the new one was lost, and with the new one where the former has ended", async () => {
    const { agent } = await registered();
    await agent.keeper.rotate();
    const both = agent.store.stored;
    const former = both?.previous;
    if (both === undefined || former === undefined) throw new Error("one only");
    const broken = { ...both, current: { ...both.current, token: "a.b.c" } };
    const restarted = startAgent(
      url,
      ca,
      "used",
      new MemoryCredentialStore(broken),
    );
    wires.push(restarted.wire);
    await restarted.keeper.load();
    expect(await restarted.poll()).toEqual(NO_JOBS);
    expect(restarted.store.stored?.current.certificate).toEqual(
      former.certificate,
    );
  });

  it("drops no poll while it rotates, and while the CA is changed in all its steps", async () => {
    const { agent, id } = await registered();
    const authority = gateway.get(AuthorityService);
    await tenant.allow();
    const waiting = agent.poll(20);
    for (const step of ["init", "trust", "issue"] as const)
      await authority.rotate(step);
    await agent.keeper.rotate();
    expect(await agent.poll()).toEqual(NO_JOBS);
    await authority.rotate("distrust");
    await authority.rotate("done");
    expect(await agent.poll()).toEqual(NO_JOBS);
    await tenant.createInstance(id);
    const answers = await Promise.all([waiting, agent.poll(5)]);
    const jobs = answers.flatMap(
      (answer) => (answer as { jobs: unknown[] }).jobs,
    );
    expect(jobs.length).toBeGreaterThanOrEqual(1);
  });

  it("gets another one by the key that it proves when its own is revoked, with the next request of a connection that stands", async () => {
    const { agent } = await registered();
    expect(await agent.poll()).toEqual(NO_JOBS);
    const revoked = agent.serial();
    await gateway.get(AuthorityService).revoke(revoked);
    expect(await agent.poll()).toEqual(NO_JOBS);
    expect(agent.serial()).not.toBe(revoked);
  });

  it("is told in words when its certificate is revoked and no key was registered with it", async () => {
    const { agent, id } = await registered();
    await gateway.get(AuthorityService).revoke(agent.serial());
    await gateway.look(
      "update cluster_credentials set confirmation = confirmation - 'jkt' where cluster_id = $1",
      [id],
    );
    await expect(agent.poll()).rejects.toMatchObject({
      kind: "unauthenticated",
    });
    expect(agent.link.facts.authentication).toEqual({
      status: "uncertified",
      message:
        "The control plane answered 401: The client certificate was revoked, or not issued here.",
    });
  });
});
