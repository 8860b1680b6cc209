import {
  decryptPayload,
  type EncryptionKey,
  type KeySetUse,
  type OfferedJob,
  offeredJobSchema,
  publicJwkSchema,
  verifyKeySet,
  verifyPayload,
} from "@vworkspace/contract";
import {
  calculateJwkThumbprint,
  type CryptoKey,
  exportJWK,
  generateKeyPair,
  importJWK,
  type JWK,
} from "jose";
import { z } from "zod";
import { AgentSession, call, jsonOf, post } from "./agent-session";
import { expectRefusal, pause } from "./expectations";
import type { Reply } from "./http-exchange";
import { newObject } from "./suite-jobs";
import type { ConformanceTarget } from "./target";

const issuedSchema = z.looseObject({
  token: z.string(),
  trustRoot: publicJwkSchema,
});
const pollSchema = z.looseObject({ jobs: z.array(offeredJobSchema) });
const keysSchema = z.looseObject({ keySet: z.string() });

interface Recipient {
  readonly own: EncryptionKey;
  readonly publicKey: JWK;
}

async function newRecipient(crv = "P-256"): Promise<Recipient> {
  const made = await generateKeyPair("ECDH-ES+A256KW", {
    crv,
    extractable: true,
  });
  const publicKey = await exportJWK(made.publicKey);
  const kid = await calculateJwkThumbprint(publicKey);
  return { own: { kid, key: made.privateKey }, publicKey };
}

function verifyingKey({ kty, crv, x }: JWK): Promise<CryptoKey> {
  return importJWK({ kty, crv, x } as JWK, "EdDSA") as Promise<CryptoKey>;
}

function issuedIn(reply: Reply): z.output<typeof issuedSchema> {
  expect({ status: reply.status, text: reply.text }).toMatchObject({
    status: 200,
  });
  return issuedSchema.parse(jsonOf(reply));
}

/** What `jws` signs for this job, as an agent of that cluster judges it with the keys of its root. */
async function verdictOf(
  session: AgentSession,
  trustRoot: JWK,
  job: OfferedJob,
): Promise<unknown> {
  const { set } = await keySetOf(session, trustRoot);
  const keys = new Map<string, CryptoKey>();
  for (const jwk of set.keys) keys.set(jwk.kid, await verifyingKey(jwk as JWK));
  return verifyPayload(
    { ...job, cluster: session.clusterId },
    job.payload,
    job.signature,
    {
      keyOf: (kid) => keys.get(kid),
      now: Math.floor(Date.now() / 1000),
      toleranceSeconds: 60,
    },
  );
}

async function keySetOf(
  session: AgentSession,
  trustRoot: JWK,
  use: KeySetUse = "payload",
) {
  const reply = await keysOf(session, use);
  const { keySet } = keysSchema.parse(jsonOf(reply));
  const verified = await verifyKeySet(keySet, await verifyingKey(trustRoot), {
    use,
    atLeast: 1,
  });
  if (!verified.ok) throw new Error(verified.message);
  return verified;
}

function keysOf(session: AgentSession, use: KeySetUse): Promise<Reply> {
  const headers = session.headers();
  return call(session.target, `/${use}-keys`, { method: "GET", headers });
}

async function onlyJob(session: AgentSession): Promise<OfferedJob> {
  const { jobs } = pollSchema.parse(jsonOf(await session.poll()));
  expect(jobs).toHaveLength(1);
  return jobs[0] as OfferedJob;
}

async function registeredAt(target: ConformanceTarget, publicKey?: JWK) {
  const { clusterId, registrationToken } = await target.newCluster();
  const reply = await post(target, "/register", {
    registrationToken,
    publicKey,
  });
  const { token, trustRoot } = issuedIn(reply);
  const session = new AgentSession(target, clusterId, token);
  return { session, trustRoot: trustRoot as JWK };
}

/** For gateways that sign payloads, and vouch for the keys of approvals. */
export function describeSignatures(target: () => ConformanceTarget): void {
  const registered = () => registeredAt(target());

  it("SIG-1 registration and rotation give the same trust root, an Ed25519 key", async () => {
    const { session, trustRoot } = await registered();
    expect(trustRoot).toMatchObject({ kty: "OKP", crv: "Ed25519" });
    expect(issuedIn(await session.rotate()).trustRoot).toEqual(trustRoot);
  });

  it("SIG-2 a job has a signature for this very job and cluster, by a key that the root vouches for", async () => {
    const { session, trustRoot } = await registered();
    await target().issueApply(session.clusterId, newObject());
    const job = await onlyJob(session);
    expect(await verdictOf(session, trustRoot, job)).toMatchObject({
      ok: true,
    });
    expect(
      await verdictOf(session, trustRoot, { ...job, id: "another" }),
    ).toMatchObject({ reason: "foreign" });
    const changed = { ...job, payload: { ...job.payload, kind: "Secret" } };
    expect(await verdictOf(session, trustRoot, changed)).toMatchObject({
      reason: "bad-signature",
    });
  });

  it("SIG-3 a job that is offered again is signed anew", async () => {
    const { session, trustRoot } = await registered();
    await target().issueApply(session.clusterId, newObject());
    const before = await onlyJob(session);
    // The end of a signature is in whole seconds.
    await pause(1_100);
    const again = await onlyJob(session);
    expect(again.id).toBe(before.id);
    expect(again.signature).not.toBe(before.signature);
    expect(await verdictOf(session, trustRoot, again)).toMatchObject({
      ok: true,
    });
  });

  it("SIG-4 the set of keys is for clusters only, and its version never falls", async () => {
    const { session, trustRoot } = await registered();
    expectRefusal(await keysOf(session.withToken("unknown"), "payload"), 401);
    const before = await keySetOf(session, trustRoot);
    const after = await keySetOf(session, trustRoot);
    expect(after.set.version).toBeGreaterThanOrEqual(before.set.version);
  });

  it("APR-1 the set of approval keys is for clusters only, by the same root, and its version never falls", async () => {
    const { session, trustRoot } = await registered();
    expectRefusal(await keysOf(session.withToken("unknown"), "approval"), 401);
    const before = await keySetOf(session, trustRoot, "approval");
    const after = await keySetOf(session, trustRoot, "approval");
    expect(after.set.version).toBeGreaterThanOrEqual(before.set.version);
  });

  it("APR-2 no key signs both payloads and approvals, and neither set passes for the other", async () => {
    const { session, trustRoot } = await registered();
    const { set: payload } = await keySetOf(session, trustRoot);
    const { set: approval } = await keySetOf(session, trustRoot, "approval");
    const known = new Set(payload.keys.map(({ x }) => x));
    expect(approval.keys.filter(({ x }) => known.has(x))).toEqual([]);
    const reply = await keysOf(session, "approval");
    const { keySet } = keysSchema.parse(jsonOf(reply));
    const root = await verifyingKey(trustRoot);
    const demands = { use: "payload" as const, atLeast: 0 };
    expect(await verifyKeySet(keySet, root, demands)).toMatchObject({
      ok: false,
    });
  });
}

/** For gateways that encrypt payloads where they are told to. */
export function describeEncryption(target: () => ConformanceTarget): void {
  const registered = (publicKey: JWK) => registeredAt(target(), publicKey);

  async function encrypted() {
    const recipient = await newRecipient();
    const { session, trustRoot } = await registered(recipient.publicKey);
    await target().requireEncryption?.(session.clusterId);
    await target().issueApply(session.clusterId, newObject());
    return { session, trustRoot, recipient };
  }

  async function contentOf(job: OfferedJob, { own }: Recipient) {
    const read = await decryptPayload(job.encryptedPayload ?? "", [own]);
    if (!read.ok) throw new Error(read.message);
    return read.content;
  }

  it("ENC-1 a publicKey that nothing can be encrypted to, or that is private, is refused, and the token not spent", async () => {
    const { registrationToken } = await target().newCluster();
    const register = (publicKey: object) =>
      post(target(), "/register", { registrationToken, publicKey });
    const { publicKey } = await newRecipient("X25519");
    expectRefusal(await register({ ...publicKey, crv: "P-999" }), 422);
    expectRefusal(await register({ kty: "EC", crv: "P-256", x: "AA" }), 422);
    expectRefusal(await register({ ...publicKey, d: "AA" }), 400);
    issuedIn(await register(publicKey));
  });

  it("ENC-2 where it is asked for, the payload can be read with the agent's key alone, and its signature is inside", async () => {
    const { session, trustRoot, recipient } = await encrypted();
    const job = await onlyJob(session);
    expect(Object.keys(job)).not.toEqual(
      expect.arrayContaining(["payload", "signature"]),
    );
    const content = await contentOf(job, recipient);
    expect(content.payload).toMatchObject({ kind: "ApplicationInstance" });
    expect(
      await verdictOf(session, trustRoot, { ...job, ...content }),
    ).toMatchObject({ ok: true });
  });

  it("ENC-3 the key that a poll's jobs are encrypted to is that of its token", async () => {
    const { session, recipient } = await encrypted();
    const next = await newRecipient("X25519");
    const reply = await session.post("/credentials/rotate", {
      publicKey: next.publicKey,
    });
    const former = await onlyJob(session);
    expect(await contentOf(former, recipient)).toHaveProperty("payload");
    const successor = session.withToken(issuedIn(reply).token);
    expect(await contentOf(await onlyJob(successor), next)).toHaveProperty(
      "payload",
    );
    const last = await successor.rotated();
    expect(await contentOf(await onlyJob(last), next)).toHaveProperty(
      "payload",
    );
  });

  it("ENC-4 a registration without publicKey is refused there, and its token not spent", async () => {
    const { session } = await encrypted();
    const registrationToken = await target().reissueRegistration(
      session.clusterId,
    );
    const register = (publicKey?: JWK) =>
      post(target(), "/register", { registrationToken, publicKey });
    expectRefusal(await register(), 422);
    issuedIn(await register((await newRecipient()).publicKey));
  });
}
