import {
  AGENT_MEDIA_TYPE,
  type OfferedJob,
  type PublicJwk,
  verifyKeySet,
  verifyPayload,
} from "@vworkspace/contract";
import {
  type CryptoKey,
  exportJWK,
  generateKeyPair,
  importJWK,
  type JWK,
} from "jose";
import { PayloadKeyRotation } from "../../apps/gateway/src/trust/payload-keys/payload-key-rotation";
import { TestTenant } from "../db/test-tenant";
import { type ListedGateway, startListedGateway } from "./listed-gateway";

jest.setTimeout(120_000);

/** What an agent holds: nothing of it came from anybody but the registration. */
interface Agent {
  readonly id: string;
  readonly code: string;
  readonly token: string;
  readonly root: CryptoKey;
}

let gateway: ListedGateway;
let tenant: TestTenant;

beforeAll(async () => {
  gateway = await startListedGateway();
  tenant = await TestTenant.make(gateway);
  await tenant.allow();
});

afterAll(() => gateway?.stop());

async function ask(
  path: string,
  token: string,
  body?: object,
): Promise<{ readonly status: number; readonly body: unknown }> {
  const response = await fetch(`${gateway.url}/api/agent${path}`, {
    method: body === undefined ? "GET" : "POST",
    headers: {
      accept: AGENT_MEDIA_TYPE,
      "content-type": AGENT_MEDIA_TYPE,
      authorization: `Bearer ${token}`,
    },
    ...(body !== undefined && { body: JSON.stringify(body) }),
  });
  const text = await response.text();
  const read: unknown = text === "" ? undefined : JSON.parse(text);
  return { status: response.status, body: read };
}

async function newPublicKey(): Promise<JWK> {
  const pair = await generateKeyPair("ECDH-ES+A256KW", { crv: "P-256" });
  return exportJWK(pair.publicKey);
}

async function register(): Promise<Agent> {
  const { id, code } = await tenant.addCluster();
  const registrationToken = await tenant.registrationToken(id);
  const { status, body } = await ask("/register", registrationToken, {
    publicKey: await newPublicKey(),
  });
  expect(status).toBe(200);
  const { token, trustRoot } = body as { token: string; trustRoot: PublicJwk };
  const root = (await importJWK(trustRoot as JWK, "EdDSA")) as CryptoKey;
  return { id, code, token, root };
}

async function keySet(agent: Agent) {
  const { body } = await ask("/payload-keys", agent.token);
  const { keySet: jws } = body as { keySet: string };
  const verified = await verifyKeySet(jws, agent.root, {
    use: "payload",
    atLeast: 0,
  });
  if (!verified.ok) throw new Error(verified.message);
  return verified.set;
}

async function poll(agent: Agent): Promise<readonly OfferedJob[]> {
  const path = `/jobs?cluster=${agent.code}&wait=0`;
  const { body } = await ask(path, agent.token);
  return (body as { jobs: OfferedJob[] }).jobs;
}

async function verify(agent: Agent, job: OfferedJob) {
  const { keys } = await keySet(agent);
  const imported = new Map<string, CryptoKey>();
  for (const jwk of keys)
    imported.set(jwk.kid, (await importJWK(jwk as JWK, "EdDSA")) as CryptoKey);
  const binding = {
    id: job.id,
    cluster: agent.code,
    kind: job.kind,
    idempotencyKey: job.idempotencyKey,
  };
  return verifyPayload(binding, job.payload, job.signature, {
    keyOf: (kid) => imported.get(kid),
    now: Math.floor(Date.now() / 1000),
    toleranceSeconds: 5,
  });
}

async function onlyJob(agent: Agent): Promise<OfferedJob> {
  const jobs = await poll(agent);
  expect(jobs).toHaveLength(1);
  return jobs[0] as OfferedJob;
}

describe("Keys of payloads", () => {
  it("rotate while what they signed goes on being verified, and the version of the set never falls", async () => {
    const agent = await register();
    await tenant.createInstance(agent.id);
    const before = await onlyJob(agent);
    const versions = [(await keySet(agent)).version];
    const rotation = gateway.get(PayloadKeyRotation);
    await rotation.rotate({ isUrgent: false });
    versions.push((await keySet(agent)).version);
    expect((await keySet(agent)).keys).toHaveLength(2);
    await rotation.rotate({ isUrgent: true });
    versions.push((await keySet(agent)).version);
    const after = await onlyJob(agent);
    expect(kidOf(after)).not.toBe(kidOf(before));
    for (const job of [before, after])
      expect(await verify(agent, job)).toMatchObject({ ok: true });
    expect([...versions].sort((a, b) => a - b)).toEqual(versions);
  });

  it.each([
    [
      "a key to sign with",
      {
        kty: "OKP",
        crv: "Ed25519",
        x: "11qYAYKxCrfVS_7TyWQHOg7hcvPapiMlrwIaaPcHURo",
      },
    ],
    ["no point of its curve", { kty: "EC", crv: "P-256", x: "AA", y: "AA" }],
    ["a curve that nobody has", { kty: "EC", crv: "P-999", x: "AA", y: "AA" }],
  ])(
    "are taken from no agent that sends %s, and its registration token is not spent",
    async (_, publicKey) => {
      const { id } = await tenant.addCluster();
      const registrationToken = await tenant.registrationToken(id);
      const refused = await ask("/register", registrationToken, { publicKey });
      expect(refused).toMatchObject({
        status: 422,
        body: { error: "validation_failed" },
      });
      const taken = await ask("/register", registrationToken, {
        publicKey: await newPublicKey(),
      });
      expect(taken.status).toBe(200);
    },
  );
});

function kidOf({ signature = "" }: OfferedJob): unknown {
  const [header = ""] = signature.split(".");
  const text = Buffer.from(header, "base64url").toString();
  return (JSON.parse(text) as { kid?: unknown }).kid;
}
