import { newId } from "@vworkspace/kernel";
import {
  openTestDatabase,
  type TestDatabase,
} from "../../../../../test/db/open-test-database";
import { BARE_PROOF, TestTenant } from "../../../../../test/db/test-tenant";
import { ClusterTokenService } from "../../trust/identity/cluster-token.service";
import { SigningKeyRing } from "../../trust/identity/signing-key-ring";
import { ClusterService } from "./cluster.service";
import { CredentialService } from "./credential.service";

describe("credentials of clusters", () => {
  let db: TestDatabase;
  let tenant: TestTenant;
  let credentials: CredentialService;
  let cluster: { readonly id: string; readonly code: string };

  beforeAll(async () => {
    db = await openTestDatabase({ credentialGraceSeconds: 3600 });
    credentials = db.get(CredentialService);
  });

  afterAll(() => db.stop());

  beforeEach(async () => {
    tenant = await TestTenant.make(db);
    cluster = await tenant.addCluster();
  });

  const register = async () =>
    credentials.register(
      await tenant.registrationToken(cluster.id),
      {},
      BARE_PROOF,
    );
  const rotate = async (token: string) =>
    credentials.rotate(
      await credentials.authenticate(token, BARE_PROOF),
      {},
      BARE_PROOF,
    );
  const isRefused = (call: Promise<unknown>, code = "unauthenticated") =>
    expect(call).rejects.toMatchObject({ code });
  const rows = () =>
    db.look<{ id: string; ended: boolean }>(
      "select id, revoked_at is not null as ended from cluster_credentials where cluster_id = $1 order by id",
      [cluster.id],
    );
  const change = (name: "disable" | "enable" | "revoke") =>
    tenant.in((stores) =>
      db.get(ClusterService)[name](stores, tenant.actor, cluster.id),
    );
  const state = async () =>
    (
      await db.look<{ state: string }>(
        "select state from clusters where id = $1",
        [cluster.id],
      )
    )[0]?.state;

  describe("by registration", () => {
    it("makes a pending cluster active", async () => {
      const { token, clusterId } = await register();
      expect({ clusterId, state: await state() }).toEqual({
        clusterId: cluster.code,
        state: "active",
      });
      expect(await credentials.authenticate(token, BARE_PROOF)).toMatchObject({
        clusterCode: cluster.code,
        organizationId: tenant.organizationId,
      });
    });

    it("lets exactly one of ten win that come at once", async () => {
      const token = await tenant.registrationToken(cluster.id);
      const answers = await Promise.allSettled(
        Array.from({ length: 10 }, () =>
          credentials.register(token, {}, BARE_PROOF),
        ),
      );
      const lost = answers.filter((answer) => answer.status === "rejected");
      expect(
        lost.map(({ reason }) => (reason as { code: string }).code),
      ).toEqual(Array<string>(9).fill("unauthenticated"));
      expect(await rows()).toHaveLength(1);
    });

    it("keeps of the token only what proves nothing", async () => {
      const token = await tenant.registrationToken(cluster.id);
      const tables = await db.look<{ text: string }>(
        "select t::text as text from registration_tokens t union all select encode(leaf, 'escape') from audit_queue",
      );
      expect(tables.some(({ text }) => text.includes(token))).toBe(false);
    });

    it("refuses a token that is unknown, used, expired or of two minds", async () => {
      const token = await tenant.registrationToken(cluster.id);
      await isRefused(credentials.register("vwr_unknown", {}, BARE_PROOF));
      await isRefused(credentials.register(undefined, {}, BARE_PROOF));
      await isRefused(
        credentials.register(
          token,
          { registrationToken: `${token}x` },
          BARE_PROOF,
        ),
      );
      await db.look(
        "update registration_tokens set expires_at = now() - interval '1 second' where cluster_id = $1",
        [cluster.id],
      );
      await isRefused(credentials.register(token, {}, BARE_PROOF));
      const next = await tenant.registrationToken(cluster.id);
      await credentials.register(next, { registrationToken: next }, BARE_PROOF);
      await isRefused(
        credentials.register(
          undefined,
          { registrationToken: next },
          BARE_PROOF,
        ),
      );
    });

    it("takes no other token of the cluster that was issued before, once an agent has registered", async () => {
      const kept = await tenant.registrationToken(cluster.id);
      const { token } = await register();
      await isRefused(credentials.register(kept, {}, BARE_PROOF));
      await credentials.authenticate(token, BARE_PROOF);
      await register();
    });

    it("does not spend a token on a clusterId that isn't its own, nor on a simulated cluster", async () => {
      const token = await tenant.registrationToken(cluster.id);
      await isRefused(
        credentials.register(token, { clusterId: "another" }, BARE_PROOF),
        "forbidden",
      );
      await isRefused(
        credentials.register(token, { simulated: true }, BARE_PROOF),
        "forbidden",
      );
      await credentials.register(
        token,
        { clusterId: cluster.code },
        BARE_PROOF,
      );
    });

    it("notes a simulated cluster as one where they are welcome", async () => {
      const demo = await db.openReplica({ acceptsSimulated: true });
      await demo.get(CredentialService).register(
        await tenant.registrationToken(cluster.id),
        {
          simulated: true,
        },
        BARE_PROOF,
      );
      await demo.close();
      expect(
        await db.look("select simulated from clusters where id = $1", [
          cluster.id,
        ]),
      ).toEqual([{ simulated: true }]);
    });

    it("gives nothing for a revoked or disabled cluster's tokens, not even when both happen at once", async () => {
      const token = await tenant.registrationToken(cluster.id);
      const [registered] = await Promise.allSettled([
        credentials.register(token, {}, BARE_PROOF),
        change("revoke"),
      ]);
      expect(await state()).toBe("revoked");
      if (registered.status === "fulfilled")
        await isRefused(
          credentials.authenticate(registered.value.token, BARE_PROOF),
        );
    });

    it("changes hands at the new credential's first use, and not before", async () => {
      const old = await register();
      await credentials.authenticate(old.token, BARE_PROOF);
      const next = await register();
      await credentials.authenticate(old.token, BARE_PROOF);
      expect(await tenant.auditActions()).not.toContain("cluster.change_hands");
      await credentials.authenticate(next.token, BARE_PROOF);
      await isRefused(credentials.authenticate(old.token, BARE_PROOF));
      expect(await tenant.auditActions()).toContain("cluster.change_hands");
    });

    it("ends every credential that was rotated from the old one, too", async () => {
      const old = await register();
      const rotated = await rotate(old.token);
      await credentials.authenticate(rotated.token, BARE_PROOF);
      const next = await register();
      await credentials.authenticate(next.token, BARE_PROOF);
      await isRefused(credentials.authenticate(old.token, BARE_PROOF));
      await isRefused(credentials.authenticate(rotated.token, BARE_PROOF));
    });
  });

  describe("by rotation", () => {
    it("keeps the old one working through the grace, and no longer", async () => {
      const old = await register();
      const next = await rotate(old.token);
      await credentials.authenticate(next.token, BARE_PROOF);
      await credentials.authenticate(old.token, BARE_PROOF);
      await db.look(
        "update cluster_credentials set grace_until = now() - interval '1 second' where grace_until is not null and cluster_id = $1",
        [cluster.id],
      );
      await isRefused(credentials.authenticate(old.token, BARE_PROOF));
      await credentials.authenticate(next.token, BARE_PROOF);
    });

    it("replaces a successor that nobody used, so that a lost answer costs nothing", async () => {
      const old = await register();
      const lost = await rotate(old.token);
      const next = await rotate(old.token);
      await isRefused(credentials.authenticate(lost.token, BARE_PROOF));
      await credentials.authenticate(next.token, BARE_PROOF);
      expect(await rows()).toHaveLength(2);
    });

    it("makes the grace no longer by repeats", async () => {
      const { token } = await register();
      const grace = async () =>
        db.look(
          "select grace_until from cluster_credentials where grace_until is not null and cluster_id = $1",
          [cluster.id],
        );
      await rotate(token);
      const before = await grace();
      await rotate(token);
      expect(await grace()).toEqual(before);
    });

    it("takes a rotation by one whose successor is in use for a copy, and says so in the audit log", async () => {
      const old = await register();
      const next = await rotate(old.token);
      await credentials.authenticate(next.token, BARE_PROOF);
      await isRefused(rotate(old.token));
      const leaf = (await tenant.audit()).find(
        ({ action }) => action === "cluster.credential_reuse",
      );
      expect(leaf).toMatchObject({
        actor: { type: "cluster" },
        subject: { name: cluster.code },
      });
      await credentials.authenticate(next.token, BARE_PROOF);
    });

    it("ends the grace of the one before when the successor rotates in its turn", async () => {
      const first = await register();
      const second = await rotate(first.token);
      const third = await rotate(second.token);
      await isRefused(credentials.authenticate(first.token, BARE_PROOF));
      await credentials.authenticate(second.token, BARE_PROOF);
      await credentials.authenticate(third.token, BARE_PROOF);
    });

    it("leaves one living successor, whoever rotates at once", async () => {
      const { token } = await register();
      const principal = await credentials.authenticate(token, BARE_PROOF);
      const answers = await Promise.all(
        Array.from({ length: 8 }, () =>
          credentials.rotate(principal, {}, BARE_PROOF),
        ),
      );
      expect(await rows()).toHaveLength(2);
      const works = await Promise.allSettled(
        answers.map((answer) =>
          credentials.authenticate(answer.token, BARE_PROOF),
        ),
      );
      expect(works.filter(({ status }) => status === "fulfilled")).toHaveLength(
        1,
      );
    });

    it("never leaves two lines when the successor's first use and a repeat meet", async () => {
      const { token } = await register();
      const principal = await credentials.authenticate(token, BARE_PROOF);
      for (let round = 0; round < 5; round += 1) {
        const successor = await credentials.rotate(principal, {}, BARE_PROOF);
        const [used, again] = await Promise.allSettled([
          credentials.authenticate(successor.token, BARE_PROOF),
          credentials.rotate(principal, {}, BARE_PROOF),
        ]);
        if (again.status === "rejected") {
          expect(used.status).toBe("fulfilled");
          return;
        }
        await isRefused(credentials.authenticate(successor.token, BARE_PROOF));
      }
    });
  });

  describe("at every request", () => {
    it("refuses what is no token, of another gateway, or of a row that is gone", async () => {
      const { token } = await register();
      const [header = "", payload = ""] = token.split(".");
      for (const wrong of [
        undefined,
        "",
        "x",
        `${header}.${payload}.`,
        `${header}.${payload}.${"A".repeat(86)}`,
        "a".repeat(5000),
      ])
        await isRefused(credentials.authenticate(wrong, BARE_PROOF));
      const tokens = db.get(ClusterTokenService);
      const life = {
        issuedAt: new Date(),
        expiresAt: new Date(Date.now() + 60_000),
      };
      const claims = {
        organizationId: tenant.organizationId,
        clusterId: cluster.id,
        credentialId: newId(),
      };
      await isRefused(
        credentials.authenticate(
          (await tokens.issue(claims, life)).token,
          BARE_PROOF,
        ),
      );
      const foreign = { ...claims, organizationId: "'; --" };
      await isRefused(
        credentials.authenticate(
          (await tokens.issue(foreign, life)).token,
          BARE_PROOF,
        ),
      );
    });

    it("refuses the credential of one cluster under the name of another", async () => {
      await register();
      const [row] = await rows();
      const other = await tenant.addCluster();
      const { token } = await db.get(ClusterTokenService).issue(
        {
          organizationId: tenant.organizationId,
          clusterId: other.id,
          credentialId: row?.id ?? "",
        },
        { issuedAt: new Date(), expiresAt: new Date(Date.now() + 60_000) },
      );
      await isRefused(credentials.authenticate(token, BARE_PROOF));
    });

    it("goes by the row's expiry, which the database's clock judges", async () => {
      const { token } = await register();
      await db.look(
        "update cluster_credentials set expires_at = now() where cluster_id = $1",
        [cluster.id],
      );
      await isRefused(credentials.authenticate(token, BARE_PROOF));
    });

    it("says 401 for a revoked cluster, and 403 for a disabled one until it is enabled", async () => {
      const { token } = await register();
      await change("disable");
      await isRefused(credentials.authenticate(token, BARE_PROOF), "forbidden");
      await change("enable");
      await credentials.authenticate(token, BARE_PROOF);
      await change("revoke");
      await isRefused(credentials.authenticate(token, BARE_PROOF));
      await isRefused(change("disable"), "validation_failed");
      await isRefused(
        tenant.registrationToken(cluster.id),
        "validation_failed",
      );
    });

    it("leaves a cluster pending that was disabled before any agent registered", async () => {
      await change("disable");
      await change("enable");
      expect(await state()).toBe("pending");
    });

    it("reads tokens that another replica signed, and both sign with one key", async () => {
      const replica = await db.openReplica();
      const { token } = await register();
      await replica.get(CredentialService).authenticate(token, BARE_PROOF);
      await replica.close();
      expect(
        await db.look(
          "select kid from signing_keys where purpose = 'cluster-token'",
        ),
      ).toHaveLength(1);
    });
  });

  it("does not start with a master key that its signing keys aren't sealed with", async () => {
    await db.look(
      "update signing_keys set private_key = private_key || '\\x00'",
    );
    const starting = new SigningKeyRing(db.unitOfWork, db.masterKey);
    await expect(starting.get()).rejects.toMatchObject({
      name: "ConfigurationError",
      message: expect.stringContaining("VWORKSPACE_MASTER_KEY_FILE") as string,
    });
  });
});
