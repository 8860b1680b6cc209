import fc from "fast-check";
import {
  CompactSign,
  type CryptoKey,
  exportJWK,
  generateKeyPair,
  SignJWT,
  UnsecuredJWT,
} from "jose";
import { signKeySet } from "../protection/key-set";
import { type ApprovalClaim, signApproval } from "./approval-claim";
import { operationDigest } from "./operation-digest";
import { verifyApproval, type WantedApproval } from "./verify-approval";

const NOW = 1_790_000_000;
const HOUR = 3600;
const SPEC = {
  targetRef: { kind: "ApplicationInstance", name: "web" },
  type: "Restore",
  engine: "velero",
  parameters: { backupName: "nightly" },
};
const WANTED: WantedApproval = {
  operationId: "0190a000-0000-7000-8000-000000000001",
  cluster: "prod-1",
  namespace: "shop",
  name: "restore-web",
  spec: SPEC,
};

interface Pair {
  readonly kid: string;
  readonly key: CryptoKey;
  readonly publicKey: CryptoKey;
}

let ours: Pair;
let theirs: Pair;
let good: ApprovalClaim;

beforeAll(async () => {
  ours = await pairOf("ours");
  theirs = await pairOf("theirs");
  good = {
    iss: "https://gateway.example.com",
    iat: NOW,
    exp: NOW + HOUR,
    jti: "j1",
    op: WANTED.operationId,
    cluster: WANTED.cluster,
    namespace: WANTED.namespace,
    name: WANTED.name,
    digest: await operationDigest(SPEC),
    sub: "bea",
    requester: "ann",
    amr: ["key"],
  };
});

async function pairOf(kid: string): Promise<Pair> {
  const { privateKey, publicKey } = await generateKeyPair("Ed25519", {
    extractable: true,
  });
  return { kid, key: privateKey, publicKey };
}

function verify(
  jwt: string,
  over: Partial<WantedApproval> = {},
  now: number = NOW,
) {
  return verifyApproval(
    jwt,
    { ...WANTED, ...over },
    {
      keyOf: (kid) => (kid === "ours" ? ours.publicKey : undefined),
      now,
      toleranceSeconds: 60,
    },
  );
}

const signed = (over: Partial<Record<keyof ApprovalClaim, unknown>> = {}) =>
  signApproval({ ...good, ...over } as ApprovalClaim, ours);

/** A JWT by one of the gateway's own keys that is no claim. */
function jwtWith(
  header: object,
  payload: object = { aud: "vworkspace-approval" },
  key: CryptoKey = ours.key,
): Promise<string> {
  return new SignJWT({ ...good, ...payload })
    .setProtectedHeader({
      alg: "EdDSA",
      kid: "ours",
      typ: "vworkspace-approval+jwt",
      ...header,
    })
    .sign(key);
}

describe("An approval claim", () => {
  it("counts for its operation, whatever is said later of approvals and cancelling", async () => {
    expect(await verify(await signed())).toEqual({
      ok: true,
      claim: good,
    });
    const { engine, ...rest } = SPEC;
    const later = { engine, ...rest, approvals: { claim: "x" }, cancel: true };
    expect(await verify(await signed(), { spec: later })).toMatchObject({
      ok: true,
    });
    expect(await verify(await jwtWith({}))).toMatchObject({ ok: true });
  });

  it.each<[string, Partial<WantedApproval>, string, RegExp]>([
    ["operation", { operationId: "2" }, "other-operation", /another operation/],
    ["cluster", { cluster: "prod-2" }, "other-cluster", /another cluster/],
    ["name", { name: "restore-2" }, "other-operation", /another name/],
    ["namespace", { namespace: "hr" }, "other-operation", /another name/],
    ["type", { spec: { ...SPEC, type: "Backup" } }, "other-spec", /changed/],
    [
      "parameter",
      { spec: { ...SPEC, parameters: { backupName: "older" } } },
      "other-spec",
      /changed after it was approved/,
    ],
    [
      "policy",
      { spec: { ...SPEC, policy: { exclusive: true } } },
      "other-spec",
      /changed/,
    ],
  ])("is refused with another %s", async (_, over, reason, message) => {
    expect(await verify(await signed(), over)).toMatchObject({
      ok: false,
      reason,
      message: expect.stringMatching(message) as string,
    });
  });

  it.each(["ann", "ANN", " Ann", "ａｎｎ"])(
    "is refused where the requester approved, as %j",
    async (sub) => {
      expect(await verify(await signed({ sub }))).toMatchObject({
        reason: "own-request",
      });
    },
  );

  it("ends, but for the minute that two clocks may differ by", async () => {
    const jwt = await signed();
    expect(await verify(jwt, {}, NOW + HOUR + 59)).toMatchObject({ ok: true });
    expect(await verify(jwt, {}, NOW + HOUR + 60)).toMatchObject({
      reason: "expired",
    });
  });

  it("is refused where anybody else signed it, also under our key's name, or where it was changed", async () => {
    const mine = await jwtWith({}, undefined, theirs.key);
    expect(await verify(mine)).toMatchObject({ reason: "forged" });
    expect(await verify(await jwtWith({ kid: "theirs" }))).toMatchObject({
      reason: "unknown-key",
    });
    const [header, , signature] = (await signed()).split(".");
    const body = Buffer.from(
      JSON.stringify({ ...good, aud: "vworkspace-approval", op: "2" }),
    ).toString("base64url");
    const changed = [header, body, signature].join(".");
    expect(await verify(changed, { operationId: "2" })).toMatchObject({
      reason: "forged",
    });
  });

  it.each<[string, () => Promise<string>, string]>([
    ["another type", () => jwtWith({ typ: "JWT" }), "wrong-type"],
    ["no type", () => jwtWith({ typ: undefined }), "wrong-type"],
    ["another audience", () => jwtWith({}, { aud: "agent" }), "wrong-type"],
    ["no audience", () => jwtWith({}, { aud: undefined }), "wrong-type"],
    ["no kid", () => jwtWith({ kid: undefined }), "malformed"],
    ["a kid that is no text", () => jwtWith({ kid: 7 }), "malformed"],
    ["no end", () => signed({ exp: undefined }), "malformed"],
    ["an end in words", () => signed({ exp: "never" }), "malformed"],
    ["no operation", () => signed({ op: undefined }), "malformed"],
    ["no digest", () => signed({ digest: undefined }), "malformed"],
    ["no requester", () => signed({ requester: undefined }), "malformed"],
    ["no approver", () => signed({ sub: undefined }), "malformed"],
    ["an approver without a name", () => signed({ sub: "" }), "malformed"],
    ["no word how he was known", () => signed({ amr: [] }), "malformed"],
    ["another word for that", () => signed({ amr: ["pwd"] }), "malformed"],
    ["a set of keys in its place", () => keySet(), "wrong-type"],
    ["no signature", () => Promise.resolve(unsigned()), "malformed"],
    ["our public key as a secret", () => byPublicKey(), "malformed"],
  ])("is refused with %s", async (_, make, reason) => {
    expect(await verify(await make())).toMatchObject({ ok: false, reason });
  });

  it("is refused with one sentence for whatever else stands in its place", async () => {
    await fc.assert(
      fc.asyncProperty(fc.string({ maxLength: 200 }), async (text) => {
        expect(await verify(text)).toMatchObject({ reason: "malformed" });
      }),
    );
    for (const text of ["", "..", "e30.e30.e30", "a".repeat(1_000_000)])
      expect(await verify(text)).toMatchObject({ reason: "malformed" });
  });
});

/** Signed by the same key, under a kid that is known: the type alone tells them apart. */
function keySet(): Promise<string> {
  return signKeySet({ version: 1, keys: [] }, ours, "approval");
}

function unsigned(): string {
  const [, payload = ""] = new UnsecuredJWT({ ...good }).encode().split(".");
  const header = { alg: "none", kid: "ours", typ: "vworkspace-approval+jwt" };
  const text = Buffer.from(JSON.stringify(header)).toString("base64url");
  return `${text}.${payload}.`;
}

/** The classic confusion: a MAC whose key everybody has. */
async function byPublicKey(): Promise<string> {
  const { x = "" } = await exportJWK(ours.publicKey);
  const claims = { ...good, aud: "vworkspace-approval" };
  return new CompactSign(new TextEncoder().encode(JSON.stringify(claims)))
    .setProtectedHeader({
      alg: "HS256",
      kid: "ours",
      typ: "vworkspace-approval+jwt",
    })
    .sign(Buffer.from(x.padEnd(64, "="), "base64url"));
}

describe("The digest of an operation's spec", () => {
  it("is the same in whatever order its members stand", async () => {
    const { engine, ...rest } = SPEC;
    expect(await operationDigest({ engine, ...rest })).toBe(
      await operationDigest(SPEC),
    );
  });

  it("differs for every member that is changed, added or taken away", async () => {
    const others = [
      { ...SPEC, engine: "volsync" },
      { ...SPEC, policy: {} },
      { ...SPEC, parameters: { backupName: "nightly", restorePVs: true } },
      { ...SPEC, targetRef: { ...SPEC.targetRef, approvals: {} } },
      {},
    ];
    const digests = await Promise.all([SPEC, ...others].map(operationDigest));
    expect(new Set(digests).size).toBe(others.length + 1);
  });
});
