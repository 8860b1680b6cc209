import {
  encryptPayload,
  offeredJobSchema,
  type OfferedJob,
  signKeySet,
  signPayload,
} from "@vworkspace/contract";
import { ManualClock } from "@vworkspace/kernel";
import {
  type CryptoKey,
  exportJWK,
  generateKeyPair,
  importJWK,
  type JWK,
} from "jose";
import { KeptLog } from "../testing/kept-log";
import { MemoryCredentialStore } from "../testing/memory-credential-store";
import { ScriptedWire } from "../testing/scripted-wire";
import { CredentialKeeper } from "./credential-keeper";
import type { StoredCredentials } from "./credential-store";
import { makeEncryptionKey, publicPartOf } from "./encryption-keys";
import { Link } from "./link";
import { PayloadGuard } from "./payload-guard";
import { SignedKeys } from "./signed-keys";

const PAYLOAD = { apiVersion: "v1", kind: "ConfigMap" };
const HOUR = 3600;

interface Pair {
  readonly kid: string;
  readonly key: CryptoKey;
  readonly publicKey: CryptoKey;
}

async function pairOf(kid: string): Promise<Pair> {
  const made = await generateKeyPair("Ed25519", { extractable: true });
  return { kid, key: made.privateKey, publicKey: made.publicKey };
}

async function jwkOf({ publicKey, kid }: Pair) {
  const { x = "" } = await exportJWK(publicKey);
  return { kty: "OKP" as const, crv: "Ed25519", x, kid };
}

let root: Pair;
let first: Pair;
let second: Pair;

beforeAll(async () => {
  [root, first, second] = [
    await pairOf("root"),
    await pairOf("first"),
    await pairOf("second"),
  ];
});

async function keySet(
  version: number,
  keys: readonly Pair[],
  by: Pair = root,
): Promise<string> {
  return signKeySet(
    { version, keys: await Promise.all(keys.map(jwkOf)) },
    by,
    "payload",
  );
}

interface Start {
  /** Whether a trust root was pinned at registration. */
  readonly isPinned?: boolean;
  readonly encryptionKeys?: readonly string[];
  readonly isSigned?: boolean;
  readonly isEncrypted?: boolean;
}

async function setUp(start: Start = {}) {
  const { isSigned = false, isEncrypted = false } = start;
  const clock = new ManualClock();
  let served: unknown = { keySet: await keySet(1, [first]) };
  const wire = new ScriptedWire(() => served);
  const stored: StoredCredentials = {
    controlPlaneBaseUrl: "http://gateway",
    clusterId: "c1",
    current: { token: "t" },
    ...(start.isPinned !== false && {
      trustRoot: JSON.stringify(await jwkOf(root)),
    }),
    ...(start.encryptionKeys && { encryptionKeys: start.encryptionKeys }),
  };
  const store = new MemoryCredentialStore(stored);
  const keeper = new CredentialKeeper({
    wire,
    store,
    link: new Link(clock),
    clock,
    log: new KeptLog(),
    requestTimeoutMs: 1,
  });
  await keeper.load();
  const guard = new PayloadGuard({
    keeper,
    keys: new SignedKeys("payload", {
      wire,
      keeper,
      clock,
      requestTimeoutMs: 1,
    }),
    log: new KeptLog(),
    now: () => clock.now(),
    demands: () => Promise.resolve({ isSigned, isEncrypted }),
  });
  const serve = (answer: unknown) => (served = answer);
  const seconds = () => Math.floor(clock.now() / 1000);
  return { guard, wire, store, clock, serve, seconds };
}

const IDENTITY = {
  id: "j1",
  kind: "apply" as const,
  idempotencyKey: "configmap/a/b@1",
};

function offer(over: Partial<OfferedJob>): OfferedJob {
  return offeredJobSchema.parse({
    ...IDENTITY,
    createdAt: "2026-01-01T00:00:00Z",
    expiresAt: "2026-01-02T00:00:00Z",
    ...over,
  });
}

function signedBy(
  key: Pair,
  exp: number,
  over: { readonly cluster?: string; readonly id?: string } = {},
): Promise<string> {
  const job = { ...IDENTITY, cluster: "c1", ...over };
  return signPayload(job, PAYLOAD, key, exp);
}

describe("PayloadGuard", () => {
  it("takes what the gateway signed, with a set of keys that it asks for once", async () => {
    const { guard, wire, seconds, store } = await setUp();
    const signature = await signedBy(first, seconds() + HOUR);
    for (let round = 0; round < 3; round += 1)
      expect(await guard.open(offer({ payload: PAYLOAD, signature }))).toEqual({
        ok: true,
        job: offer({ payload: PAYLOAD }),
      });
    expect(wire.trail).toEqual(["/payload-keys t"]);
    expect(store.stored?.payloadKeySet).toBe(await keySet(1, [first]));
  });

  it.each([
    ["unsigned", undefined, "unsigned"],
    ["changed", { kind: "Secret" }, "bad-signature"],
  ])(
    "refuses an %s payload once a root is pinned",
    async (what, payload, reason) => {
      const { guard, seconds } = await setUp();
      const signature = await signedBy(first, seconds() + HOUR);
      const job = offer({
        payload: payload ?? PAYLOAD,
        ...(what !== "unsigned" && { signature }),
      });
      expect(await guard.open(job)).toMatchObject({ ok: false, reason });
    },
  );

  it("refuses what was signed for another cluster or job, or long ago", async () => {
    const { guard, seconds } = await setUp();
    const later = seconds() + HOUR;
    const open = async (signature: Promise<string>) =>
      guard.open(offer({ payload: PAYLOAD, signature: await signature }));
    const foreign = { ok: false, reason: "foreign" };
    expect(await open(signedBy(first, later, { cluster: "c2" }))).toMatchObject(
      foreign,
    );
    expect(await open(signedBy(first, later, { id: "j2" }))).toMatchObject(
      foreign,
    );
    expect(await open(signedBy(first, seconds() - HOUR))).toMatchObject({
      reason: "expired",
    });
  });

  it("learns of a new key when a job is signed by it, and goes on taking the old one for as long as it is in the set", async () => {
    const { guard, serve, seconds, clock } = await setUp();
    const exp = seconds() + HOUR;
    const open = async (key: Pair) => {
      const signature = await signedBy(key, exp);
      return guard.open(offer({ payload: PAYLOAD, signature }));
    };
    expect(await open(first)).toMatchObject({ ok: true });
    serve({ keySet: await keySet(2, [second, first]) });
    await clock.advance(10_000);
    expect(await open(second)).toMatchObject({ ok: true });
    expect(await open(first)).toMatchObject({ ok: true });
    serve({ keySet: await keySet(3, [second]) });
    await clock.advance(10_000);
    expect(await open(root)).toMatchObject({ reason: "unknown-key" });
    expect(await open(first)).toMatchObject({ reason: "unknown-key" });
  });

  it("follows within ten minutes when a key is distrusted, and takes what it knows while the gateway is away", async () => {
    const { guard, serve, wire, seconds, clock } = await setUp();
    const open = async () => {
      const signature = await signedBy(first, seconds() + HOUR);
      return guard.open(offer({ payload: PAYLOAD, signature }));
    };
    expect(await open()).toMatchObject({ ok: true });
    serve({ keySet: await keySet(2, [second]) });
    await clock.advance(10 * 60_000 - 1);
    expect(await open()).toMatchObject({ ok: true });
    expect(wire.sent).toHaveLength(1);
    serve(503);
    await clock.advance(1);
    expect(await open()).toMatchObject({ ok: true });
    serve({ keySet: await keySet(2, [second]) });
    await clock.advance(10 * 60_000);
    expect(await open()).toMatchObject({ reason: "unknown-key" });
    expect(wire.sent).toHaveLength(3);
  });

  it("asks for the set three times at once and then every ten seconds, however many keys jobs name", async () => {
    const { guard, wire, seconds, clock } = await setUp();
    for (let round = 0; round < 9; round += 1) {
      const signature = await signedBy(
        { ...second, kid: `k${round}` },
        seconds() + HOUR,
      );
      await guard.open(offer({ payload: PAYLOAD, signature }));
    }
    expect(wire.sent).toHaveLength(3);
    await clock.advance(10_000);
    const signature = await signedBy(second, seconds() + HOUR);
    for (let round = 0; round < 3; round += 1)
      await guard.open(offer({ payload: PAYLOAD, signature }));
    expect(wire.sent).toHaveLength(4);
  });

  it("takes no set of a foreign root, and none that is older than the one it holds", async () => {
    const { guard, serve, seconds, clock, store } = await setUp();
    const exp = seconds() + HOUR;
    serve({ keySet: await keySet(5, [first]) });
    const signature = await signedBy(first, exp);
    await guard.open(offer({ payload: PAYLOAD, signature }));
    const held = store.stored?.payloadKeySet;
    for (const bad of [
      await keySet(9, [second], second),
      await keySet(4, [second]),
      "nonsense",
      7,
    ]) {
      serve({ keySet: bad });
      await clock.advance(10_000);
      const forged = await signedBy(second, exp);
      expect(
        await guard.open(offer({ payload: PAYLOAD, signature: forged })),
      ).toMatchObject({ reason: "unknown-key" });
      expect(store.stored?.payloadKeySet).toBe(held);
    }
  });

  it("takes a peer's jobs as they are, where no root is pinned and nothing else is configured", async () => {
    const { guard, wire } = await setUp({ isPinned: false });
    const job = offer({ payload: PAYLOAD });
    expect(await guard.open(job)).toMatchObject({ ok: true });
    expect(wire.sent).toEqual([]);
    const strict = await setUp({ isPinned: false, isSigned: true });
    expect(await strict.guard.open(job)).toMatchObject({ reason: "unsigned" });
  });

  it("pins the root of a gateway that signs, where it registered without one, and verifies that very job", async () => {
    const { guard, wire, store, seconds } = await setUp({ isPinned: false });
    const trustRoot = await jwkOf(root);
    const set = { keySet: await keySet(1, [first]) };
    wire.answer = ({ path }) =>
      path === "/payload-keys" ? set : { token: "next", trustRoot };
    const open = (signature: string) =>
      guard.open(offer({ payload: PAYLOAD, signature }));
    const forged = await signedBy({ ...second, kid: "first" }, seconds());
    expect(await open(forged)).toMatchObject({ reason: "bad-signature" });
    const right = await signedBy(first, seconds() + HOUR);
    expect(await open(right)).toMatchObject({ ok: true });
    expect(wire.trail).toEqual(["/credentials/rotate t", "/payload-keys next"]);
    expect(JSON.parse(store.stored?.trustRoot ?? "{}")).toEqual(trustRoot);
  });

  it("rotates once and no more for a control plane that signs and gives no root", async () => {
    const { guard, wire } = await setUp({ isPinned: false });
    for (const answer of [503, { token: "next" }]) {
      wire.answer = () => answer;
      const job = offer({ payload: PAYLOAD, signature: "whatever" });
      expect(await guard.open(job)).toMatchObject({ ok: true });
    }
    expect(wire.trail).toEqual(["/credentials/rotate t"]);
  });

  it("reads what is encrypted to one of its keys, and verifies the signature inside", async () => {
    const keys = [await makeEncryptionKey(), await makeEncryptionKey()];
    const { guard, seconds } = await setUp({
      encryptionKeys: keys,
      isEncrypted: true,
    });
    const signature = await signedBy(first, seconds() + HOUR);
    for (const key of keys) {
      const jwk = publicPartOf(key);
      const imported = await importJWK(jwk as JWK, "ECDH-ES+A256KW");
      const recipient = { kid: jwk.kid ?? "", key: imported as CryptoKey };
      const seal = async (content: Parameters<typeof encryptPayload>[0]) =>
        guard.open(
          offer({ encryptedPayload: await encryptPayload(content, recipient) }),
        );
      expect(await seal({ payload: PAYLOAD, signature })).toEqual({
        ok: true,
        job: offer({ payload: PAYLOAD }),
      });
      expect(await seal({ payload: PAYLOAD })).toMatchObject({
        reason: "unsigned",
      });
    }
    expect(
      await guard.open(offer({ payload: PAYLOAD, signature })),
    ).toMatchObject({ reason: "not-encrypted" });
  });

  it("shows no private key in what it would send of one", async () => {
    expect(Object.keys(publicPartOf(await makeEncryptionKey())).sort()).toEqual(
      ["crv", "kid", "kty", "x", "y"],
    );
  });
});
