import { randomBytes } from "node:crypto";
import { mkdtemp, readFile, rm, writeFile } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
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
import { SigningKeyService } from "../identity/signing-key.service";
import { TrustCopyService } from "./trust-copy.service";
import { TrustFile } from "./trust-file";

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
