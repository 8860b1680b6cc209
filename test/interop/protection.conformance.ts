import { spawnSync } from "node:child_process";
import { readFileSync } from "node:fs";
import {
  type ApprovalClaim,
  canonicalJson,
  decryptPayload,
  encryptPayload,
  KEY_SET_TYPES,
  operationDigest,
  PAYLOAD_SIGNATURE_TYPE,
  signApproval,
  signKeySet,
  signPayload,
  verifyApproval,
  verifyKeySet,
  verifyPayload,
} from "@vworkspace/contract";
import { type CryptoKey, importJWK, type JWK } from "jose";
import { PythonClient } from "../odoo-clients/python-client";

jest.setTimeout(180_000);

const environment = spawnSync(
  process.execPath,
  ["test/odoo-clients/python-env.mjs"],
  { encoding: "utf8" },
);
const python = environment.stdout.trim();
// Where CI requires everything, a missing jwcrypto fails instead.
const describeWithPython =
  python !== "" || process.env.CI === "true" ? describe : describe.skip;

type Key = JWK & { readonly kid: string };

interface SignatureVector {
  readonly key: Key;
  readonly job: Parameters<typeof signPayload>[0];
  readonly expiresAt: number;
  readonly payload: Readonly<Record<string, unknown>>;
  readonly canonical: string;
  readonly signature: string;
}

interface EncryptionVector {
  readonly content: Parameters<typeof encryptPayload>[0];
  readonly cases: readonly { readonly key: Key; readonly jwe: string }[];
}

interface KeySetVector {
  readonly root: Key;
  readonly set: Parameters<typeof signKeySet>[0];
  readonly jws: string;
}

interface ApprovalVector {
  readonly key: Key;
  readonly spec: object;
  readonly claim: ApprovalClaim;
  readonly jwt: string;
}

function vector<T>(name: string): T {
  const file = `docs/contract/vectors/${name}.json`;
  return JSON.parse(readFileSync(file, "utf8")) as T;
}

const SIGNATURE = vector<SignatureVector>("payload-signature");
const ENCRYPTION = vector<EncryptionVector>("payload-encryption");
const USES = ["payload", "approval"] as const;
const KEY_SETS = {
  payload: vector<KeySetVector>("payload-key-set"),
  approval: vector<KeySetVector>("approval-key-set"),
};
const APPROVAL = vector<ApprovalVector>("approval-claim");

async function imported(key: JWK, alg: string): Promise<CryptoKey> {
  return (await importJWK(key, alg)) as CryptoKey;
}

const SIGNATURES = "EdDSA";
const AGREEMENT = "ECDH-ES+A256KW";

function publicPart({ d: _secret, ...jwk }: JWK): JWK {
  return jwk;
}

async function verified(payload: unknown, signature: string) {
  const key = await imported(publicPart(SIGNATURE.key), SIGNATURES);
  return verifyPayload(SIGNATURE.job, payload, signature, {
    keyOf: (kid) => (kid === SIGNATURE.key.kid ? key : undefined),
    now: SIGNATURE.expiresAt,
    toleranceSeconds: 0,
  });
}

async function approved(jwt: string) {
  const { key, spec, claim } = APPROVAL;
  const publicKey = await imported(publicPart(key), SIGNATURES);
  const wanted = { ...claim, operationId: claim.op, spec };
  return verifyApproval(jwt, wanted, {
    keyOf: (kid) => (kid === key.kid ? publicKey : undefined),
    now: claim.iat,
    toleranceSeconds: 0,
  });
}

describe("The vectors of docs/contract", () => {
  it("hold the signature that we make, byte for byte, and take", async () => {
    const { key, job, payload, expiresAt, canonical, signature } = SIGNATURE;
    expect(canonicalJson(payload)).toBe(canonical);
    const own = { kid: key.kid, key: await imported(key, SIGNATURES) };
    expect(await signPayload(job, payload, own, expiresAt)).toBe(signature);
    expect(await verified(payload, signature)).toMatchObject({ ok: true });
  });

  it("hold encrypted payloads that we can read, on each curve", async () => {
    expect(ENCRYPTION.cases.map(({ key }) => key.crv)).toEqual([
      "P-256",
      "X25519",
    ]);
    for (const { key, jwe } of ENCRYPTION.cases) {
      const own = { kid: key.kid, key: await imported(key, AGREEMENT) };
      const { content } = ENCRYPTION;
      expect(await decryptPayload(jwe, [own])).toEqual({ ok: true, content });
    }
  });

  it.each(USES)(
    "hold the set of %s keys that we make, byte for byte, and take",
    async (use) => {
      const { root, set, jws } = KEY_SETS[use];
      const key = await imported(root, SIGNATURES);
      expect(await signKeySet(set, { kid: root.kid, key }, use)).toBe(jws);
      const pinned = await imported(publicPart(root), SIGNATURES);
      const demands = { use, atLeast: 0 };
      expect(await verifyKeySet(jws, pinned, demands)).toEqual({
        ok: true,
        set,
      });
    },
  );

  it("hold the approval that we sign, byte for byte, and take", async () => {
    const { key, spec, claim, jwt } = APPROVAL;
    expect(await operationDigest(spec)).toBe(claim.digest);
    const own = { kid: key.kid, key: await imported(key, SIGNATURES) };
    expect(await signApproval(claim, own)).toBe(jwt);
    expect(await approved(jwt)).toEqual({ ok: true, claim });
  });
});

describeWithPython(
  `Another implementation (${python === "" ? `skipped: ${environment.stderr.trim()}` : "Python's jwcrypto and rfc8785"})`,
  () => {
    let peer: PythonClient;

    beforeAll(() => {
      peer = PythonClient.start(python, "test/interop/protection_peer.py", []);
    });
    afterAll(() => peer?.stop());

    const signatureHeader = {
      alg: "EdDSA",
      b64: false,
      crit: ["b64"],
      kid: SIGNATURE.key.kid,
      typ: PAYLOAD_SIGNATURE_TYPE,
      job: SIGNATURE.job.id,
      cluster: SIGNATURE.job.cluster,
      kind: SIGNATURE.job.kind,
      idem: SIGNATURE.job.idempotencyKey,
      exp: SIGNATURE.expiresAt,
    };

    it("has the same canonical form", async () => {
      const { payload, canonical } = SIGNATURE;
      const { result } = await peer.ask({ do: "canonical", payload });
      expect(result).toBe(canonical);
    });

    it("takes our signature, and refuses it over another payload", async () => {
      const { key, payload, signature } = SIGNATURE;
      const ask = (changed: object) =>
        peer.ask({ do: "verify", key, signature, payload: changed });
      expect(await ask(payload)).toEqual({ result: signatureHeader });
      expect(await ask({ ...payload, kind: "Other" })).toMatchObject({
        error: "InvalidJWSSignature",
      });
    });

    it("makes a signature that we take", async () => {
      const { key, payload } = SIGNATURE;
      const { result } = await peer.ask({
        do: "sign",
        key,
        payload,
        header: signatureHeader,
      });
      expect(await verified(payload, String(result))).toMatchObject({
        ok: true,
      });
      const changed = { ...payload, kind: "Other" };
      expect(await verified(changed, String(result))).toMatchObject({
        reason: "bad-signature",
      });
    });

    it.each(ENCRYPTION.cases.map((one) => [one.key.crv, one] as const))(
      "reads what we encrypt and encrypts what we read, on %s",
      async (_, { key, jwe }) => {
        const { content } = ENCRYPTION;
        expect(await peer.ask({ do: "decrypt", key, jwe })).toEqual({
          result: content,
        });
        const recipient = await imported(publicPart(key), AGREEMENT);
        const fresh = await encryptPayload(content, {
          kid: key.kid,
          key: recipient,
        });
        expect(await peer.ask({ do: "decrypt", key, jwe: fresh })).toEqual({
          result: content,
        });
        const { result } = await peer.ask({
          do: "encrypt",
          key: publicPart(key),
          content,
          header: {
            alg: AGREEMENT,
            enc: "A256GCM",
            kid: key.kid,
            typ: "vworkspace-job+jwe",
          },
        });
        const own = { kid: key.kid, key: await imported(key, AGREEMENT) };
        expect(await decryptPayload(String(result), [own])).toEqual({
          ok: true,
          content,
        });
      },
    );

    it("takes our approval, and makes one that we take", async () => {
      const { key, claim, jwt } = APPROVAL;
      const claims = { ...claim, aud: "vworkspace-approval" };
      expect(await peer.ask({ do: "read_claim", key, jwt })).toEqual({
        result: claims,
      });
      const { result } = await peer.ask({
        do: "sign_claim",
        key,
        claims,
        header: {
          alg: "EdDSA",
          kid: key.kid,
          typ: "vworkspace-approval+jwt",
        },
      });
      expect(await approved(String(result))).toEqual({ ok: true, claim });
    });

    it("has the same digest of an operation", async () => {
      const { spec, claim } = APPROVAL;
      const { result } = await peer.ask({ do: "operation_digest", spec });
      expect(result).toBe(claim.digest);
    });

    it.each(USES)(
      "takes our set of %s keys, and makes one that we take",
      async (use) => {
        const { root, set, jws } = KEY_SETS[use];
        expect(await peer.ask({ do: "verify_set", key: root, jws })).toEqual({
          result: set,
        });
        const { result } = await peer.ask({
          do: "sign_set",
          key: root,
          set,
          header: { alg: "EdDSA", kid: root.kid, typ: KEY_SET_TYPES[use] },
        });
        const pinned = await imported(publicPart(root), SIGNATURES);
        expect(
          await verifyKeySet(String(result), pinned, { use, atLeast: 0 }),
        ).toEqual({
          ok: true,
          set,
        });
      },
    );
  },
);
