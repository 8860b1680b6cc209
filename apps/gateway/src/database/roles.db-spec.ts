import { randomBytes } from "node:crypto";
import { Client } from "pg";
import {
  openTestDatabase,
  type TestDatabase,
} from "../../../../test/db/open-test-database";
import { migrate } from "./migrate";
import { MIGRATIONS } from "../../../../migrations";
import { bootstrapRoles, useRoles } from "./roles";

describe("the three roles", () => {
  let db: TestDatabase;
  let masterKey: Buffer;

  beforeAll(async () => {
    db = await openTestDatabase();
    masterKey = db.masterKey.bytes;
  });

  afterAll(() => db.stop());

  it("are made and used again by a role that may create roles and is no superuser", async () => {
    await db.look(
      "create role maker login createrole password 'maker' in role vworkspace_owner, vworkspace_app, vworkspace_worker",
    );
    for (const role of ["owner", "app", "worker"])
      await db.look(`grant vworkspace_${role} to maker with admin option`);
    await db.look("create database other owner maker");
    const url = new URL(db.superuserUrl);
    url.username = "maker";
    url.password = "maker";
    url.pathname = "/other";
    const first = await bootstrapRoles(url.toString(), masterKey);
    expect(await bootstrapRoles(url.toString(), masterKey)).toEqual(first);
    expect(await migrate(first)).toHaveLength(MIGRATIONS.length);
  });

  it("have passwords that follow from the master key, so that replicas agree", async () => {
    const again = await bootstrapRoles(db.superuserUrl, masterKey);
    expect(again).toEqual(db.urls);
    const client = new Client({ connectionString: again.app });
    await client.connect();
    await client.end();
    expect(JSON.stringify(again)).not.toContain(masterKey.toString("base64"));
  });

  it("are refused where one of them is a superuser", async () => {
    await db.look("alter role vworkspace_app superuser");
    try {
      await expect(
        bootstrapRoles(db.superuserUrl, masterKey),
      ).rejects.toMatchObject({
        name: "ConfigurationError",
        message: expect.stringContaining("vworkspace_app") as string,
      });
    } finally {
      await db.look("alter role vworkspace_app nosuperuser");
    }
  });

  it("are used as they are given, unless one would see every tenant or can't log in", async () => {
    expect(await useRoles(db.urls)).toEqual(db.urls);
    await expect(
      useRoles({ ...db.urls, app: db.superuserUrl }),
    ).rejects.toMatchObject({
      name: "ConfigurationError",
      message: expect.stringMatching(/^DATABASE_URL .*superuser/) as string,
    });
    const wrong = new URL(db.urls.worker);
    wrong.password = "wrong";
    await expect(
      useRoles({ ...db.urls, worker: wrong.toString() }),
    ).rejects.toMatchObject({
      name: "ConfigurationError",
      message: expect.stringMatching(
        /^DATABASE_WORKER_URL: .*correct the password/,
      ) as string,
    });
  });

  it("are asked for by name where the given role may not make them", async () => {
    await db.look("create role nobody login password 'nobody'");
    const url = new URL(db.superuserUrl);
    url.username = "nobody";
    url.password = "nobody";
    await expect(
      bootstrapRoles(url.toString(), randomBytes(32)),
    ).rejects.toMatchObject({
      name: "ConfigurationError",
      message: expect.stringContaining("DATABASE_OWNER_URL") as string,
    });
  });
});
