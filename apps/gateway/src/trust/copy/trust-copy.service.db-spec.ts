import { randomBytes, X509Certificate } from "node:crypto";
import { mkdtemp, readFile, rm, writeFile } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { Pkcs10CertificateRequestGenerator } from "@peculiar/x509";
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
import { MasterKey } from "../../database/master-key";
import { ClusterService } from "../../fleet/clusters/cluster.service";
import { CredentialService } from "../../fleet/clusters/credential.service";
import { AuthorityService } from "../certificates/authority.service";
import { CertificateService } from "../certificates/certificate.service";
import { SigningKeyService } from "../identity/signing-key.service";
import type { TrustCopy } from "./domain/trust-copy";
import { TrustCopyService } from "./trust-copy.service";
import { TrustFile } from "./trust-file";

// Each test has a database of its own.
jest.setTimeout(60_000);

describe("the copy of revocations outside the database", () => {
  let db: TestDatabase;
  let gateway: TestGateway;
  let tenant: TestTenant;
  let folder: string;
  let path: string;

  beforeEach(async () => {
    folder = await mkdtemp(join(tmpdir(), "vworkspace-trust-"));
    path = join(folder, "trust.sealed");
    db = await openTestDatabase();
    gateway = await db.openReplica({ trustFile: path });
    tenant = await TestTenant.make(db);
  });

  afterEach(async () => {
    await db.stop();
    await rm(folder, { recursive: true, force: true });
  });

  const file = () => new TrustFile(path, db.masterKey);
  const compare = () => gateway.get(TrustCopyService).compare();
  const revoke = (cluster: TestCluster) =>
    tenant.in((stores) =>
      gateway.get(ClusterService).revoke(stores, tenant.actor, cluster.id),
    );
  const isTaken = (cluster: { token: string }, by: TestGateway = db) =>
    by.get(CredentialService).authenticate(cluster.token, BARE_PROOF);
  const isRefused = (cluster: { token: string }, by: TestGateway = db) =>
    expect(isTaken(cluster, by)).rejects.toMatchObject({
      code: "unauthenticated",
    });

  const startOn = (file: string) =>
    new TrustCopyService(db.unitOfWork, db.masterKey, {
      path: file,
      isRequired: true,
    }).onModuleInit();

  /** Takes back what happened since, as a restored backup does, and returns how. */
  async function backup(): Promise<() => Promise<void>> {
    const tables = [
      "clusters",
      "cluster_credentials",
      "cluster_certificates",
      "signing_keys",
      "trust_version",
    ];
    for (const table of tables)
      await db.look(`create table kept_${table} as table ${table}`);
    const restore = (table: string) =>
      table === "clusters"
        ? db.look(
            "update clusters c set state = k.state from kept_clusters k where k.id = c.id",
          )
        : db
            .look(`delete from ${table}`)
            .then(() =>
              db.look(`insert into ${table} select * from kept_${table}`),
            );
    return async () => {
      for (const table of tables) await restore(table);
    };
  }

  it("is there from the start, follows each change, and can be read by nobody without the key", async () => {
    const first = await file().read();
    expect(first?.signingKeys.map(({ purpose }) => purpose)).toContain(
      "cluster-token",
    );
    const cluster = await tenant.cluster();
    await revoke(cluster);
    await compare();
    const copy = await file().read();
    expect(copy?.revokedClusters).toEqual([
      { organizationId: tenant.organizationId, id: cluster.id },
    ]);
    expect(copy?.version).toBeGreaterThan(first?.version ?? 0);
    expect((await readFile(path)).includes(cluster.id)).toBe(false);
  });

  it("keeps a revoked cluster out of a database that was restored, and says so in its log", async () => {
    const [kept, stolen] = [await tenant.cluster(), await tenant.cluster()];
    const registration = await tenant.registrationToken(stolen.id);
    await compare();
    const restore = await backup();
    await revoke(stolen);
    await compare();
    await gateway.close();
    await restore();
    await isTaken(stolen);

    const started = await db.openReplica({ trustFile: path });
    for (const by of [started, db]) {
      await isRefused(stolen, by);
      await isTaken(kept, by);
    }
    await expect(
      db.get(CredentialService).register(registration, {}, BARE_PROOF),
    ).rejects.toMatchObject({ code: "unauthenticated" });
    const told = (await tenant.audit()).filter(
      ({ action }) => action === "cluster.restore_detected",
    );
    expect(told.map(({ subject }) => subject.name)).toEqual([stolen.code]);
  });

  it("brings back neither a credential that ended in favour of another nor forgets a key that signed", async () => {
    const cluster = await tenant.cluster();
    await compare();
    const restore = await backup();
    const credentials = db.get(CredentialService);
    const anew = await credentials.register(
      await tenant.registrationToken(cluster.id),
      {},
      BARE_PROOF,
    );
    await isTaken(anew);
    await db.get(SigningKeyService).rotate({ isUrgent: true });
    await compare();
    await gateway.close();
    await restore();
    await isTaken(cluster);
    await db.openReplica({ trustFile: path });
    await isRefused(cluster);
    expect(await db.get(SigningKeyService).list()).toHaveLength(2);
  });

  describe("with certificates of clusters", () => {
    /** One that its cluster presented, and the answer to whoever presents it now. */
    async function certified() {
      const { id } = await tenant.cluster();
      const csr = await makeRequest();
      const certificates = db.get(CertificateService);
      const { chainPem, serial } = await tenant.in((stores) =>
        certificates.signClientCertificate(
          stores,
          { organizationId: tenant.organizationId, clusterId: id },
          csr,
        ),
      );
      const { raw } = new X509Certificate(chainPem);
      const counts = async () => (await certificates.judge(raw)).ok;
      return { id, serial, counts };
    }

    it("keeps out one that was revoked since a backup, and says so, but not its cluster's other one", async () => {
      const [kept, stolen] = [await certified(), await certified()];
      await compare();
      const restore = await backup();
      await db.get(AuthorityService).revoke(stolen.serial);
      await compare();
      await gateway.close();
      await restore();
      expect(await stolen.counts()).toBe(true);

      await db.openReplica({ trustFile: path });
      expect(await stolen.counts()).toBe(false);
      expect(await kept.counts()).toBe(true);
      const told = (await tenant.audit()).filter(
        ({ action }) => action === "certificate.restore_detected",
      );
      expect(told).toMatchObject([
        {
          subject: { id: stolen.id },
          detail: { serial: stolen.serial, is_revoked_again: true },
        },
      ]);
    });

    it("forgets one whose time is over", async () => {
      const { id, serial } = await certified();
      await db.get(AuthorityService).revoke(serial);
      await compare();
      expect((await file().read())?.revokedCertificates).toMatchObject([
        { organizationId: tenant.organizationId, serial },
      ]);
      await db.look(
        "update cluster_certificates set expires_at = now() where cluster_id = $1",
        [id],
      );
      await revoke(await tenant.cluster());
      await compare();
      expect((await file().read())?.revokedCertificates).toEqual([]);
    });

    it("reads a file of a time when no certificate stood in it", async () => {
      const { revokedCertificates: _, ...former } = {
        ...((await file().read()) as TrustCopy),
        version: 1_000,
      };
      await gateway.close();
      await file().write(former as TrustCopy);
      await db.openReplica({ trustFile: path });
      const now = await file().read();
      expect(now?.version).toBe(1_001);
      expect(now?.revokedCertificates).toEqual([]);
    });
  });

  it("stays whole, whoever writes it at once, and is never older than it was", async () => {
    const replica = await db.openReplica({ trustFile: path });
    const clusters = [];
    for (let made = 0; made < 6; made += 1)
      clusters.push(await tenant.cluster());
    await Promise.all(
      clusters.map(async (cluster, index) => {
        await revoke(cluster);
        const by = index % 2 === 0 ? gateway : replica;
        await by.get(TrustCopyService).compare();
      }),
    );
    expect((await file().read())?.revokedClusters).toHaveLength(6);
  });

  it("that was changed, or is of another master key, keeps a gateway from starting", async () => {
    const start = () => startOn(path);
    const bytes = await readFile(path);
    await new TrustFile(path, new MasterKey(randomBytes(32))).write({
      version: 0,
      signingKeys: [],
      revokedClusters: [],
      revokedCredentials: [],
      revokedCertificates: [],
    });
    await expect(start()).rejects.toMatchObject({ name: "ConfigurationError" });
    bytes.writeUInt8(bytes.readUInt8(40) ^ 1, 40);
    await writeFile(path, bytes);
    await expect(start()).rejects.toMatchObject({
      message: expect.stringContaining("VWORKSPACE_TRUST_FILE") as string,
    });
  });

  it("that can't be written where it was asked for keeps a gateway from starting", async () => {
    await expect(
      startOn(join(folder, "absent", "trust.sealed")),
    ).rejects.toMatchObject({ name: "ConfigurationError" });
  });
});

/** A certificate request of a key that nobody keeps. */
async function makeRequest(): Promise<string> {
  const algorithm = { name: "ECDSA", namedCurve: "P-256", hash: "SHA-256" };
  const request = await Pkcs10CertificateRequestGenerator.create({
    keys: await crypto.subtle.generateKey(algorithm, true, ["sign", "verify"]),
    signingAlgorithm: algorithm,
  });
  return request.toString("pem");
}
