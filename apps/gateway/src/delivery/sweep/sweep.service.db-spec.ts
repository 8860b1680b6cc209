import {
  openTestDatabase,
  type TestDatabase,
} from "../../../../../test/db/open-test-database";
import { TestTenant } from "../../../../../test/db/test-tenant";
import { SweepStore } from "./domain/sweep-store";
import { SweepService } from "./sweep.service";

describe("housekeeping", () => {
  let db: TestDatabase;

  beforeAll(async () => {
    db = await openTestDatabase();
  });

  afterAll(() => db.stop());

  const seen = () =>
    db.look<{ age: number }>(
      "select extract(day from now() - received_at)::int as age from event_dedup order by 1",
    );

  it("forgets what nobody asks for again, some at a time, and tells when nothing is left", async () => {
    const tenant = await TestTenant.make(db);
    const { id } = await tenant.addCluster();
    await db.look(
      `insert into event_dedup (organization_id, cluster_id, event_key_hash, timestamp, received_at)
       select $1, $2, '\\x00', now() - make_interval(days => age), now() - make_interval(days => age) from unnest(array[1, 29, 31, 32, 33]) age`,
      [tenant.organizationId, id],
    );
    const forgotten = await db.unitOfWork.asWorker((stores) =>
      stores.get(SweepStore).forget("event_dedup", 2),
    );
    expect(forgotten).toBe(2);
    expect(await seen()).toHaveLength(3);
    expect(await db.get(SweepService).keepHouse(400)).toBe(true);
    expect(await seen()).toEqual([{ age: 1 }, { age: 29 }]);
  });

  it("forgets certificates of clusters a month after their end, and no revoked one before", async () => {
    const tenant = await TestTenant.make(db);
    const { id } = await tenant.addCluster();
    await db.look(
      `insert into cluster_certificates (organization_id, issuer, serial, cluster_id, thumbprint, expires_at, revoked_at)
       select $1, 'ca', 'ended-' || age, $2, 't', now() - make_interval(days => age), case when age < 0 then now() - interval '80 days' end
       from unnest(array[-9, 29, 31, 32, 33]) age`,
      [tenant.organizationId, id],
    );
    const forgotten = await db.unitOfWork.asWorker((stores) =>
      stores.get(SweepStore).forget("cluster_certificates", 2),
    );
    expect(forgotten).toBe(2);
    expect(await db.get(SweepService).keepHouse(400)).toBe(true);
    expect(
      await db.look("select serial from cluster_certificates order by serial"),
    ).toEqual([{ serial: "ended--9" }, { serial: "ended-29" }]);
  });

  it("keeps the encryption keys that a credential comes down to, however old they are", async () => {
    const tenant = await TestTenant.make(db);
    const { id } = await tenant.addCluster();
    const uuid = (number: number) =>
      `0190a000-0000-7000-8000-00000000000${number}`;
    await db.look(
      `insert into cluster_encryption_keys (organization_id, credential_id, cluster_id, created_at)
       select $1, id, $2, now() - interval '200 days' from unnest($3::uuid[]) id`,
      [tenant.organizationId, id, [1, 2, 4, 6].map(uuid)],
    );
    await db.look(
      `insert into cluster_credentials (organization_id, id, cluster_id, expires_at)
       select $1, id, $2, now() + interval '1 day' from unnest($3::uuid[]) id`,
      [tenant.organizationId, id, [3, 4].map(uuid)],
    );
    await db.unitOfWork.asWorker((stores) =>
      stores.get(SweepStore).forget("cluster_encryption_keys", 100),
    );
    const left = await db.look<{ id: string }>(
      "select credential_id as id from cluster_encryption_keys where cluster_id = $1 order by 1",
      [id],
    );
    // 3 has none of its own and takes that of 2; 1 is below it, 6 above every credential.
    expect(left.map((row) => row.id)).toEqual([2, 4].map(uuid));
  });
});
