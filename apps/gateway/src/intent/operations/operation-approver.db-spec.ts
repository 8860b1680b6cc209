import { decodeJwt } from "jose";
import {
  openTestDatabase,
  type TestDatabase,
} from "../../../../../test/db/open-test-database";
import { TestOperations } from "../../../../../test/db/test-operations";
import type { TestTenant } from "../../../../../test/db/test-tenant";
import type { OnBehalfOf, UserActor } from "../../trust/identity/domain/actor";
import type { ApprovalTrust } from "../../trust/identity/domain/organization-rules";
import { UserStore } from "../../trust/identity/domain/user-store";
import { OrganizationService } from "../../trust/identity/organization.service";
import { requesterOf } from "./domain/operation-request";
import { OperationService } from "./operation.service";

const ANN = { odoo_uid: 7, login: "ann@example.com" };
const BEA = { odoo_uid: 8, login: "bea@example.com" };

describe("Whose approval of an operation counts", () => {
  let db: TestDatabase;
  let tenant: TestTenant;
  let operations: TestOperations;
  let instance: string;
  let bridge: UserActor;

  beforeAll(async () => {
    db = await openTestDatabase();
  });
  afterAll(() => db.stop());

  beforeEach(async () => {
    operations = await TestOperations.make(db);
    ({ tenant } = operations);
    instance = await operations.instance({
      require_approval_for: ["Backup/*"],
    });
    bridge = await operations.userOf("bridge");
  });

  async function trust(whose: ApprovalTrust): Promise<ApprovalTrust> {
    const [row] = await db.look<{ code: string }>(
      "select code from organizations where id = $1",
      [tenant.organizationId],
    );
    return db.get(OrganizationService).setApprovalTrust(row?.code ?? "", whose);
  }
  const says = (onBehalfOf: OnBehalfOf): UserActor => ({
    ...bridge,
    onBehalfOf,
  });
  const approve = (actor: UserActor, id: string) =>
    tenant.in((stores) => db.get(OperationService).approve(stores, actor, id));
  const asked = (actor: UserActor) =>
    operations.create(instance, { requester: requesterOf(actor) });
  /** What the agent gets of it, and who that says agreed. */
  async function claimOf(id: string) {
    await operations.carry();
    const [row] = await db.look<{
      claim: string;
      method: string;
      behalf: OnBehalfOf | null;
    }>(
      "select approval_claim as claim, approval_method as method, approved_on_behalf_of as behalf from operations where id = $1",
      [id],
    );
    const { sub, requester, amr } = decodeJwt(row?.claim ?? "");
    return { sub, requester, amr, method: row?.method, behalf: row?.behalf };
  }

  it("is that of people alone: a bridge approves and rejects nothing, whoever it says that it was", async () => {
    const { id } = await asked(says(ANN));
    for (const actor of [bridge, says(BEA)]) {
      await expect(approve(actor, id)).rejects.toMatchObject({
        code: "policy_denied",
        details: { rule: "approval_trust", value: "personal" },
      });
      await expect(
        tenant.in((stores) =>
          db.get(OperationService).reject(stores, actor, id, "no"),
        ),
      ).rejects.toMatchObject({ code: "policy_denied" });
    }
    const approver = await operations.userOf("approver");
    await approve(approver, id);
    expect(await claimOf(id)).toEqual({
      sub: `user/${approver.id}`,
      requester: `user/${bridge.id}/odoo/7`,
      amr: ["key"],
      method: "key",
      behalf: null,
    });
  });

  it("says how a person was known who signed in", async () => {
    const { id } = await operations.create(instance);
    const approver = await operations.userOf("approver");
    const session = {
      id: approver.id,
      issuer: "https://login.example.com/",
      authenticatedAt: new Date(0),
      amr: ["pwd"],
      expiresAt: new Date(1),
    };
    await approve({ ...approver, session }, id);
    expect(await claimOf(id)).toMatchObject({ amr: ["oidc"], method: "oidc" });
  });

  it("is also that of whom Odoo names, where an operator said so, and the claim says whose word it is", async () => {
    await trust("odoo");
    const { id } = await asked(says(ANN));
    await approve(says(BEA), id);
    expect(await claimOf(id)).toEqual({
      sub: `user/${bridge.id}/odoo/8`,
      requester: `user/${bridge.id}/odoo/7`,
      amr: ["odoo"],
      method: "odoo",
      behalf: BEA,
    });
    const entry = (await tenant.audit()).find(
      ({ action }) => action === "operation.approve",
    );
    expect(entry).toMatchObject({
      actor: { id: bridge.id },
      on_behalf_of: { odoo_uid: 8 },
      detail: { approval_method: "odoo" },
    });
  });

  it("is never that of who asked, as far as logins and Odoo's uids tell, with four eyes in policy or without", async () => {
    await trust("odoo");
    const own = await operations.create(instance);
    const { name: login } = tenant.actor;
    const named = await asked(says(ANN));
    const unnamed = await asked(bridge);
    const tries: readonly [UserActor, string][] = [
      [tenant.actor, own.id],
      [says({ odoo_uid: 9, login: login.toUpperCase() }), own.id],
      [says(ANN), named.id],
      [says({ ...BEA, odoo_uid: ANN.odoo_uid }), named.id],
      [says({ ...BEA, login: ANN.login }), named.id],
      [says(BEA), unnamed.id],
    ];
    for (const [actor, id] of tries)
      await expect(approve(actor, id)).rejects.toMatchObject({
        code: "forbidden",
      });
    await expect(approve(bridge, named.id)).rejects.toThrow(
      "on_behalf_of is missing",
    );
  });

  it("is given again where the cluster doesn't take it, and only then", async () => {
    const { id } = await operations.create(instance);
    const approver = await operations.userOf("approver");
    await approve(approver, id);
    await expect(approve(approver, id)).rejects.toThrow("approved already");
    await operations.carry();
    await operations.tell(id, [
      "Blocked True AwaitingApproval the claim has come to its end",
    ]);
    await approve(approver, id);
    const [job] = await operations.carry();
    expect(job?.payload).toMatchObject({
      spec: { approvals: { claim: expect.any(String) as string } },
    });
    await operations.tell(id, ["Running True EngineStarted"]);
    await expect(approve(approver, id)).rejects.toThrow("approved already");
  });

  it("changes by an operator's command alone, which is audited once", async () => {
    expect(await trust("odoo")).toBe("personal");
    expect(await trust("odoo")).toBe("odoo");
    const entries = (await tenant.audit()).filter(
      ({ action }) => action === "organization.set_approval_trust",
    );
    expect(entries).toMatchObject([
      {
        actor: { type: "system" },
        detail: { from: "personal", to: "odoo" },
      },
    ]);
    await expect(
      db.get(OrganizationService).setApprovalTrust("nobody", "odoo"),
    ).rejects.toMatchObject({ code: "not_found" });
    // Nothing that answers requests could change it.
    await expect(
      tenant.in((stores) =>
        stores
          .get(UserStore)
          .setApprovalTrust(tenant.organizationId, "personal"),
      ),
    ).rejects.toThrow(/permission denied/);
  });
});
