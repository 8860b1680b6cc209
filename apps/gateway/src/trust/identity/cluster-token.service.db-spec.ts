import { newId } from "@vworkspace/kernel";
import {
  createLocalJWKSet,
  decodeJwt,
  decodeProtectedHeader,
  importPKCS8,
  type JSONWebKeySet,
  jwtVerify,
  SignJWT,
} from "jose";
import {
  openTestDatabase,
  type TestDatabase,
  type TestGateway,
} from "../../../../../test/db/open-test-database";
import {
  BARE_PROOF,
  type TestCluster,
  TestTenant,
} from "../../../../../test/db/test-tenant";
import { DatabaseHealth } from "../../database/database-health";
import { CredentialService } from "../../fleet/clusters/credential.service";
import { ClusterTokenService } from "./cluster-token.service";
import { signingKeyContext } from "./signing-key-ring";
import { SigningKeyService } from "./signing-key.service";

const ISSUER = "https://gateway.example.com";

describe("tokens of clusters", () => {
  let db: TestDatabase;
  let tenant: TestTenant;
  let cluster: TestCluster;

  beforeAll(async () => {
    db = await openTestDatabase();
    tenant = await TestTenant.make(db);
  });

  afterAll(() => db.stop());

  beforeEach(async () => {
    cluster = await tenant.cluster();
  });

  const isTaken = (token: string, gateway: TestGateway = db) =>
    gateway.get(CredentialService).authenticate(token, BARE_PROOF);
  const isRefused = (token: string) =>
    expect(isTaken(token)).rejects.toMatchObject({ code: "unauthenticated" });
  const keys = () => db.get(SigningKeyService);
  const states = async () => (await keys().list()).map(({ state }) => state);
  const kidOf = (token: string) => decodeProtectedHeader(token).kid;

  /** The cluster's token with other claims, signed by the key that signs now. */
  async function resigned(claims: object): Promise<string> {
    const [key] = await keys().list();
    if (!key) throw new Error("There is no key.");
    const { kid, algorithm: alg, sealedPrivateKey } = key;
    const pem = db.masterKey.open(sealedPrivateKey, signingKeyContext(kid));
    return new SignJWT({ ...decodeJwt(cluster.token), ...claims })
      .setProtectedHeader({ alg, kid, typ: "vworkspace-cluster+jwt" })
      .sign(await importPKCS8(pem.toString(), alg));
  }

  it("say who issued them, for whom, and from when until when by the database's clock", async () => {
    const [row] = await db.look<{ nbf: number; exp: number }>(
      `select floor(extract(epoch from created_at))::int as nbf, floor(extract(epoch from expires_at))::int as exp
       from cluster_credentials where cluster_id = $1`,
      [cluster.id],
    );
    expect(decodeJwt(cluster.token)).toEqual({
      iss: ISSUER,
      sub: cluster.id,
      org: tenant.organizationId,
      aud: "vworkspace-agent-api",
      jti: cluster.principal.credentialId,
      iat: row?.nbf,
      nbf: row?.nbf,
      exp: row?.exp,
    });
  });

  it("of the first release, whose issuer was a plain word, go on working", async () => {
    await isTaken(await resigned({ iss: "vworkspace", nbf: undefined }));
  });

  it("go on working when the gateway's name changes", async () => {
    const renamed = await db.openReplica({ issuer: "https://new.example.com" });
    const credentials = renamed.get(CredentialService);
    await isTaken(cluster.token, renamed);
    const next = await credentials.rotate(cluster.principal, {}, BARE_PROOF);
    expect(decodeJwt(next.token).iss).toBe("https://new.example.com");
    await isTaken(next.token);
    await renamed.close();
  });

  it("are refused when they say another issuer, an end that has passed, or a beginning to come", async () => {
    const now = Math.floor(Date.now() / 1000);
    await isTaken(await resigned({}));
    for (const claims of [
      { iss: "https://elsewhere.example.com" },
      { iss: undefined },
      { exp: now - 60 },
      { exp: -1e300 },
      { nbf: now + 3600 },
      { nbf: 1e300 },
      { org: newId() },
    ])
      await isRefused(await resigned(claims));
    await isTaken(await resigned({ exp: 1e300, nbf: 0 }));
  });

  it("can be verified by everybody with the published keys", async () => {
    const published = await db.get(ClusterTokenService).published();
    expect(JSON.stringify(published)).not.toContain('"d"');
    const set = createLocalJWKSet({
      keys: published,
    } as unknown as JSONWebKeySet);
    await jwtVerify(cluster.token, set, { issuer: ISSUER });
  });

  it("of a key that was stolen are refused once it is distrusted, and others are not", async () => {
    const former = cluster.token;
    const stolen = kidOf(former) ?? "";
    await expect(keys().distrust(stolen)).rejects.toMatchObject({
      code: "validation_failed",
    });
    await keys().rotate({ isUrgent: true });
    const { token } = await tenant.cluster();
    await isTaken(former);
    await keys().distrust(stolen);
    await isRefused(former);
    await isTaken(token);
    await expect(keys().distrust(stolen)).rejects.toMatchObject({
      code: "validation_failed",
    });
  });

  it("are signed by the next key only after it was published, and the former one verifies on", async () => {
    const replica = await db.openReplica();
    const former = kidOf(cluster.token);
    await keys().rotate({ isUrgent: false });
    expect(await states()).toEqual(["current", "next"]);
    await keys().rotate({ isUrgent: false });
    expect(await keys().advance()).toEqual({ step: "none" });
    expect(kidOf((await tenant.cluster()).token)).toBe(former);
    const published = await db.get(ClusterTokenService).published();
    expect(published).toHaveLength(2);

    await db.look(
      "update signing_keys set signs_from = now() where retired_at = 'infinity'",
    );
    const steps = await Promise.all([
      keys().advance(),
      replica.get(SigningKeyService).advance(),
    ]);
    expect(steps.map(({ step }) => step)).toContain("promote");
    expect(await states()).toEqual(["current", "retired"]);
    const { token } = await tenant.cluster();
    expect(kidOf(token)).not.toBe(former);
    for (const gateway of [db, replica]) {
      await isTaken(token, gateway);
      await isTaken(cluster.token, gateway);
    }
    const actions = await tenant.auditActions();
    expect(actions).toEqual(
      expect.arrayContaining(["signing_key.publish", "signing_key.promote"]),
    );
    await replica.close();
  });

  it("of a key that a replica has never seen are looked up before they are refused", async () => {
    const replica = await db.openReplica();
    const tokens: string[] = [];
    for (let round = 0; round < 3; round += 1) {
      await keys().rotate({ isUrgent: true });
      tokens.push((await tenant.cluster()).token);
      await isTaken(tokens.at(-1) ?? "", replica);
    }
    expect(new Set(tokens.map(kidOf)).size).toBe(3);
    await replica.close();
  });

  it("don't let many unknown keys make many queries", async () => {
    const token = await resigned({});
    const [, payload = "", signature = ""] = token.split(".");
    const forged = Array.from({ length: 200 }, (_, index) => {
      const header = { ...decodeProtectedHeader(token), kid: `k${index}` };
      const text = Buffer.from(JSON.stringify(header)).toString("base64url");
      return `${text}.${payload}.${signature}`;
    });
    const before = db.get(DatabaseHealth).queries;
    await Promise.all(forged.map(isRefused));
    // Each look is two statements in a transaction; there is time for two looks.
    expect(db.get(DatabaseHealth).queries - before).toBeLessThanOrEqual(8);
  });

  it("are signed with ES256 where it is configured, beside those of before", async () => {
    const replica = await db.openReplica({ algorithm: "ES256" });
    const service = replica.get(SigningKeyService);
    expect(await service.advance()).toMatchObject({ step: "publish" });
    await service.rotate({ isUrgent: true });
    const { token } = await replica
      .get(CredentialService)
      .rotate(cluster.principal, {}, BARE_PROOF);
    expect(decodeProtectedHeader(token).alg).toBe("ES256");
    await isTaken(token);
    await isTaken(cluster.token, replica);
    await replica.close();
  });

  it("are refused once the key that signed them verifies no more", async () => {
    await keys().rotate({ isUrgent: true });
    await isTaken(cluster.token);
    await db.look(
      "update signing_keys set verifies_until = now() where verifies_until is not null",
    );
    await keys().advance();
    await isRefused(cluster.token);
  });
});
