import {
  operationDigest,
  verifyApproval,
  verifyKeySet,
} from "@vworkspace/contract";
import { type CryptoKey, decodeJwt, importJWK, type JWK } from "jose";
import {
  openTestDatabase,
  type TestDatabase,
} from "../../../../../test/db/open-test-database";
import { PayloadKeyService } from "../payload-keys/payload-key.service";
import { ApprovalClaims, type NewApproval } from "./approval-claims.service";
import { APPROVAL_MAX_SECONDS } from "./approval-key-options";
import { ApprovalKeyRotation } from "./approval-keys";

const SPEC = { type: "Backup", engine: "velero", parameters: { ttl: "30d" } };
const APPROVAL: NewApproval = {
  operationId: "0190a000-0000-7000-8000-000000000001",
  clusterCode: "prod-1",
  namespace: "shop",
  name: "nightly",
  spec: SPEC,
  approver: "bea@example.com",
  requester: "ann@example.com",
  amr: "oidc",
  expiresInSeconds: 3600,
};
const WANTED = { ...APPROVAL, cluster: APPROVAL.clusterCode };

describe("Approvals that the gateway signs", () => {
  let db: TestDatabase;

  beforeAll(async () => {
    db = await openTestDatabase();
  });

  afterAll(() => db.stop());

  const imported = ({ kty, crv, x }: JWK) =>
    importJWK({ kty, crv, x } as JWK, "EdDSA") as Promise<CryptoKey>;

  /** What an agent of this gateway has of the set. */
  async function publishedKeys() {
    const root = await db.get(PayloadKeyService).trustRoot();
    const jws = await db.get(ApprovalClaims).keySet();
    const demands = { use: "approval" as const, atLeast: 1 };
    const verified = await verifyKeySet(
      jws,
      await imported(root as JWK),
      demands,
    );
    if (!verified.ok) throw new Error(verified.message);
    const entries = verified.set.keys.map(
      async (jwk) => [jwk.kid, await imported(jwk as JWK)] as const,
    );
    return new Map(await Promise.all(entries));
  }

  async function verdictOf(claim: string, wanted = WANTED) {
    const keys = await publishedKeys();
    return verifyApproval(claim, wanted, {
      keyOf: (kid) => keys.get(kid),
      now: Number(decodeJwt(claim).iat),
      toleranceSeconds: 0,
    });
  }

  it("are taken by whoever has pinned the trust root, and say who approved and how he was known", async () => {
    const signed = await db.get(ApprovalClaims).sign(APPROVAL);
    const verdict = await verdictOf(signed.claim);
    expect(verdict).toMatchObject({
      ok: true,
      claim: {
        iss: "https://gateway.example.com",
        jti: signed.id,
        op: APPROVAL.operationId,
        cluster: "prod-1",
        namespace: "shop",
        name: "nightly",
        digest: await operationDigest(SPEC),
        sub: "bea@example.com",
        requester: "ann@example.com",
        amr: ["oidc"],
      },
    });
    const { approvedAt, expiresAt } = signed;
    expect(expiresAt.getTime() - approvedAt.getTime()).toBe(3_600_000);
    expect(
      await verdictOf(signed.claim, { ...WANTED, operationId: "another" }),
    ).toMatchObject({ reason: "other-operation" });
  });

  it("are not signed for the requester himself, however he is spelled", async () => {
    const own = { ...APPROVAL, approver: "Ann@Example.com " };
    await expect(db.get(ApprovalClaims).sign(own)).rejects.toMatchObject({
      code: "forbidden",
    });
  });

  it.each([0, -1, 1.5, NaN, APPROVAL_MAX_SECONDS + 1])(
    "are not signed for %d seconds",
    async (expiresInSeconds) => {
      await expect(
        db.get(ApprovalClaims).sign({ ...APPROVAL, expiresInSeconds }),
      ).rejects.toMatchObject({ code: "validation_failed" });
    },
  );

  it("go on counting when the next key signs, until the key of theirs is distrusted", async () => {
    const rotation = db.get(ApprovalKeyRotation);
    const before = await db.get(ApprovalClaims).sign(APPROVAL);
    const [old] = await rotation.list();
    await rotation.rotate({ isUrgent: true });
    const after = await db.get(ApprovalClaims).sign(APPROVAL);
    for (const { claim } of [before, after])
      expect(await verdictOf(claim)).toMatchObject({ ok: true });
    await rotation.distrust(old?.kid ?? "");
    expect(await verdictOf(before.claim)).toMatchObject({
      reason: "unknown-key",
    });
    expect(await verdictOf(after.claim)).toMatchObject({ ok: true });
  });

  it("are signed by keys that verify for longer than any claim may count, and stand sealed in the database", async () => {
    const rotation = db.get(ApprovalKeyRotation);
    await rotation.rotate({ isUrgent: true });
    const keys = await rotation.list();
    const retired = keys.find(({ state }) => state === "retired");
    const [current] = keys;
    const verifiesFor =
      Number(retired?.verifiesUntil) - Number(current?.signsFrom);
    expect(verifiesFor).toBeGreaterThan(APPROVAL_MAX_SECONDS * 1000);
    for (const { sealedPrivateKey } of keys)
      expect(sealedPrivateKey.toString("latin1")).not.toContain("PRIVATE KEY");
  });
});
