import fc from "fast-check";
import {
  CompactEncrypt,
  type CryptoKey,
  exportJWK,
  FlattenedSign,
  generateKeyPair,
} from "jose";
import { canonicalJson } from "../canonical-json";
import { decryptPayload, encryptPayload } from "./payload-encryption";
import { signKeySet, verifyKeySet } from "./key-set";
import { signPayload, verifyPayload } from "./payload-signature";
import { ENCRYPTED_PAYLOAD_TYPE, type ProtectedJob } from "./protected-job";

const JOB: ProtectedJob = {
  id: "0190a000-0000-7000-8000-000000000001",
  cluster: "prod-1",
  kind: "apply",
  idempotencyKey: "applicationinstance/shop/web@7",
};
const PAYLOAD = {
  kind: "ApplicationInstance",
  metadata: { name: "web" },
  n: 1,
};
const NOW = 1_790_000_000;
const HOUR = 3600;

let ours: Pair;
let theirs: Pair;

interface Pair {
  readonly kid: string;
  readonly key: CryptoKey;
  readonly publicKey: CryptoKey;
}

beforeAll(async () => {
  ours = await pairOf("ours", "Ed25519");
  theirs = await pairOf("theirs", "Ed25519");
});

async function pairOf(
  kid: string,
  algorithm: string,
  crv?: string,
): Promise<Pair> {
  const { privateKey, publicKey } = await generateKeyPair(algorithm, {
    extractable: true,
    ...(crv !== undefined && { crv }),
  });
  return { kid, key: privateKey, publicKey };
}

function verify(
  signature: string | undefined,
  over: {
    readonly job?: Partial<ProtectedJob>;
    readonly payload?: unknown;
    readonly now?: number;
  } = {},
) {
  return verifyPayload(
    { ...JOB, ...over.job },
    over.payload ?? PAYLOAD,
    signature,
    {
      keyOf: (kid) => (kid === ours.kid ? ours.publicKey : undefined),
      now: over.now ?? NOW,
      toleranceSeconds: 60,
    },
  );
}

async function signedWith(
  header: Readonly<Record<string, unknown>>,
  key: CryptoKey = ours.key,
): Promise<string> {
  const signed = await new FlattenedSign(
    new TextEncoder().encode(canonicalJson(PAYLOAD)),
  )
    .setProtectedHeader({
      alg: "EdDSA",
      b64: false,
      crit: ["b64"],
      kid: ours.kid,
      typ: "vworkspace-job+jws",
      job: JOB.id,
      cluster: JOB.cluster,
      kind: JOB.kind,
      idem: JOB.idempotencyKey,
      exp: NOW + HOUR,
      ...header,
    })
    .sign(key);
  return `${signed.protected ?? ""}..${signed.signature}`;
}

describe("A signature over a payload", () => {
  const good = () => signPayload(JOB, PAYLOAD, ours, NOW + HOUR);

  it("is taken for its job and payload, whatever the order of the payload's members", async () => {
    const reordered = { n: 1, metadata: { name: "web" }, kind: PAYLOAD.kind };
    const answer = { ok: true, kid: "ours" };
    expect(await verify(await good())).toEqual(answer);
    expect(await verify(await good(), { payload: reordered })).toEqual(answer);
    expect(await verify(await signedWith({}))).toEqual(answer);
  });

  it.each<[string, Parameters<typeof verify>[1], string]>([
    ["another payload", { payload: { ...PAYLOAD, n: 2 } }, "bad-signature"],
    ["a member less", { payload: { n: 1 } }, "bad-signature"],
    ["another job", { job: { id: "x" } }, "foreign"],
    ["another cluster", { job: { cluster: "prod-2" } }, "foreign"],
    ["another kind", { job: { kind: "delete" } }, "foreign"],
    ["another generation", { job: { idempotencyKey: "a/b/c@8" } }, "foreign"],
    ["a time after its end", { now: NOW + HOUR + 61 }, "expired"],
  ])("is refused with %s", async (_, over, reason) => {
    expect(await verify(await good(), over)).toMatchObject({
      ok: false,
      reason,
    });
  });

  it("is still taken in the last minute that two clocks may differ by", async () => {
    expect(await verify(await good(), { now: NOW + HOUR + 60 })).toMatchObject({
      ok: true,
    });
  });

  it.each<[string, Readonly<Record<string, unknown>>, string]>([
    ["another type", { typ: "JWT" }, "malformed"],
    ["no type", { typ: undefined }, "malformed"],
    ["no end", { exp: undefined }, "expired"],
    ["an end in words", { exp: "tomorrow" }, "expired"],
    ["no kid", { kid: undefined }, "malformed"],
    ["a kid that is no text", { kid: 7 }, "unknown-key"],
    ["another's kid", { kid: "theirs" }, "unknown-key"],
    ["an encoded payload", { b64: undefined, crit: undefined }, "malformed"],
  ])("is refused with %s in its header", async (_, header, reason) => {
    const signature = await signedWith(header).catch(() => "unmakeable");
    expect(await verify(signature)).toMatchObject({ ok: false, reason });
  });

  it("is refused where another made it, and where there is none", async () => {
    expect(await verify(await signedWith({}, theirs.key))).toMatchObject({
      reason: "bad-signature",
    });
    expect(await verify(undefined)).toMatchObject({ reason: "unsigned" });
  });

  it("is refused with one sentence for whatever else stands in its place", async () => {
    await fc.assert(
      fc.asyncProperty(fc.string({ maxLength: 200 }), async (text) => {
        const answer = await verify(text);
        expect(answer).toMatchObject({ ok: false });
      }),
    );
    for (const text of ["a".repeat(1_000_000), "..", "e30..e30", "a.b.c"])
      expect(await verify(text)).toMatchObject({ ok: false });
  });

  it("tells nothing of the payload when it is refused", async () => {
    const secret = { password: "s3cret-in-payload" };
    const answer = await verify(await good(), { payload: secret });
    expect(JSON.stringify(answer)).not.toContain("s3cret");
  });
});

describe.each([
  ["P-256", "ECDH-ES+A256KW", "P-256"],
  ["X25519", "ECDH-ES+A256KW", "X25519"],
])("An encrypted payload for a key on %s", (_, algorithm, crv) => {
  let mine: Pair;
  let other: Pair;

  beforeAll(async () => {
    mine = await pairOf("mine", algorithm, crv);
    other = await pairOf("mine", algorithm, crv);
  });

  const content = { payload: PAYLOAD, signature: "a..b" };
  const encrypted = () =>
    encryptPayload(content, { kid: mine.kid, key: mine.publicKey });

  it("is read by its recipient, and shows nobody else anything", async () => {
    const jwe = await encrypted();
    expect(await decryptPayload(jwe, [mine])).toEqual({ ok: true, content });
    const [header = ""] = jwe.split(".");
    const shown = JSON.parse(
      Buffer.from(header, "base64url").toString(),
    ) as object;
    expect(Object.keys(shown).sort()).toEqual([
      "alg",
      "enc",
      "epk",
      "kid",
      "typ",
    ]);
  });

  it("is read with an older key too, as long as that is kept", async () => {
    const newer = { kid: "newer", key: other.key };
    expect(
      await decryptPayload(await encrypted(), [newer, mine]),
    ).toMatchObject({
      ok: true,
    });
    expect(await decryptPayload(await encrypted(), [newer])).toMatchObject({
      reason: "unknown-key",
    });
  });

  it("is refused when it is changed, cut, or for another key of that name", async () => {
    const jwe = await encrypted();
    const parts = jwe.split(".");
    const changed = parts.map((part, index) =>
      parts.map((one, at) => (at === index ? flipped(part) : one)).join("."),
    );
    for (const text of [...changed, parts.slice(0, 4).join("."), ""])
      expect(await decryptPayload(text, [mine])).toMatchObject({ ok: false });
    expect(await decryptPayload(jwe, [other])).toMatchObject({
      reason: "undecryptable",
    });
  });

  it("is refused where it is compressed", async () => {
    const header = {
      alg: "ECDH-ES+A256KW",
      enc: "A256GCM",
      kid: mine.kid,
      typ: ENCRYPTED_PAYLOAD_TYPE,
    };
    const content = new TextEncoder().encode('{"payload":{}}');
    const sealed = (more: object) =>
      new CompactEncrypt(content)
        .setProtectedHeader({ ...header, ...more })
        .encrypt(mine.publicKey);
    expect(await decryptPayload(await sealed({}), [mine])).toMatchObject({
      ok: true,
    });
    const compressed = await sealed({ zip: "DEF" });
    expect(await decryptPayload(compressed, [mine])).toMatchObject({
      reason: "undecryptable",
    });
  });

  it("is refused where what it holds is no content of this contract", async () => {
    for (const bad of [{}, { payload: [] }, { payload: {}, more: 1 }]) {
      const jwe = await encryptPayload(bad as never, {
        kid: mine.kid,
        key: mine.publicKey,
      });
      expect(await decryptPayload(jwe, [mine])).toMatchObject({
        reason: "undecryptable",
      });
    }
  });
});

function flipped(part: string): string {
  const at = Math.floor(part.length / 2);
  return `${part.slice(0, at)}${part[at] === "A" ? "B" : "A"}${part.slice(at + 1)}`;
}

describe("A set of payload keys", () => {
  let root: Pair;
  const jwkOf = async ({ kid, publicKey }: Pair) => ({
    ...(await exportJWK(publicKey)),
    kty: "OKP" as const,
    crv: "Ed25519",
    x: (await exportJWK(publicKey)).x ?? "",
    kid,
  });

  beforeAll(async () => {
    root = await pairOf("root", "Ed25519");
  });

  const of = (atLeast: number) => ({ use: "payload" as const, atLeast });

  const set = async (version: number) => ({
    version,
    keys: [await jwkOf(ours), await jwkOf(theirs)],
  });

  it("is taken from the pinned root, at the version that was seen or a newer one", async () => {
    const jws = await signKeySet(await set(3), root, "payload");
    for (const atLeast of [0, 2, 3])
      expect(await verifyKeySet(jws, root.publicKey, of(atLeast))).toEqual({
        ok: true,
        set: await set(3),
      });
  });

  it("is none of approval keys, and the other way round", async () => {
    const payload = await signKeySet(await set(3), root, "payload");
    const approval = await signKeySet(await set(3), root, "approval");
    const ask = (jws: string, use: "payload" | "approval") =>
      verifyKeySet(jws, root.publicKey, { use, atLeast: 0 });
    expect(await ask(approval, "approval")).toMatchObject({ ok: true });
    for (const refusal of [
      await ask(payload, "approval"),
      await ask(approval, "payload"),
    ])
      expect(refusal).toMatchObject({ reason: "bad-signature" });
  });

  it("is refused when it is older than one that was seen", async () => {
    const jws = await signKeySet(await set(3), root, "payload");
    expect(await verifyKeySet(jws, root.publicKey, of(4))).toMatchObject({
      reason: "rolled-back",
      message: expect.stringContaining("version 3") as string,
    });
  });

  it("is refused from anybody else, of another type, changed, or empty", async () => {
    const foreign = await signKeySet(
      await set(9),
      { ...theirs, kid: "root" },
      "payload",
    );
    const empty = await signKeySet({ version: 1, keys: [] }, root, "payload");
    const jws = await signKeySet(await set(1), root, "payload");
    for (const text of [foreign, empty, flipped(jws), "a.b.c", ""])
      expect(await verifyKeySet(text, root.publicKey, of(0))).toMatchObject({
        ok: false,
      });
    const payload = await signPayload(JOB, await set(9), root, NOW);
    expect(await verifyKeySet(payload, root.publicKey, of(0))).toMatchObject({
      ok: false,
    });
  });

  it("holds no private key", async () => {
    const jwk = { ...(await exportJWK(ours.key)), kid: "ours" };
    const jws = await signKeySet(
      { version: 1, keys: [jwk as never] },
      root,
      "payload",
    );
    expect(await verifyKeySet(jws, root.publicKey, of(0))).toMatchObject({
      reason: "malformed",
    });
  });
});
