import { newId } from "@vworkspace/kernel";
import type { Stores } from "../../apps/gateway/src/database/unit-of-work";
import type { ClusterPrincipal } from "../../apps/gateway/src/fleet/clusters/domain/cluster";
import type { PresentedProof } from "../../apps/gateway/src/fleet/clusters/domain/presented-proof";
import { ClusterService } from "../../apps/gateway/src/fleet/clusters/cluster.service";
import { CredentialService } from "../../apps/gateway/src/fleet/clusters/credential.service";
import { CatalogService } from "../../apps/gateway/src/intent/catalog/catalog.service";
import type { CreateInstance } from "../../apps/gateway/src/intent/instances/domain/instance-request";
import { InstanceService } from "../../apps/gateway/src/intent/instances/instance.service";
import type { PolicyFields } from "../../apps/gateway/src/intent/policies/domain/policy";
import { PolicyService } from "../../apps/gateway/src/intent/policies/policy.service";
import type { UserActor } from "../../apps/gateway/src/trust/identity/domain/actor";
import { IdentityLinkService } from "../../apps/gateway/src/trust/people/identity-link.service";
import { SessionService } from "../../apps/gateway/src/trust/people/session.service";
import { UserService } from "../../apps/gateway/src/trust/identity/user.service";
import type { TestDatabase } from "./open-test-database";

/** One audit entry as its leaf tells it. */
export interface Leaf {
  readonly action: string;
  readonly actor: Readonly<Record<string, string>>;
  readonly subject: {
    readonly type: string;
    readonly id: string;
    readonly name?: string;
  };
  readonly from?: { readonly address_hash: string };
  readonly on_behalf_of?: { readonly odoo_uid: number };
  readonly detail: Readonly<Record<string, unknown>>;
}

/** What a tenant is made in. */
export type TenantHost = Pick<TestDatabase, "get" | "unitOfWork" | "look">;

/** A registered cluster and the token of its agent. */
export interface TestCluster {
  readonly principal: ClusterPrincipal;
  readonly token: string;
  readonly code: string;
  readonly id: string;
}

/** Of an agent that proves nothing but its token. */
export const BARE_PROOF: PresentedProof = { address: "192.0.2.1" };

export const CATALOG_CODE = "shop";
/** As the gateway keeps it. */
const ISSUER = "https://login.example.com/";
const LOGIN = "ada@example.com";

/** An organization of its own for a test, with an admin in it. */
export class TestTenant {
  private constructor(
    private readonly db: TenantHost,
    readonly actor: UserActor,
  ) {}

  static async make(db: TenantHost): Promise<TestTenant> {
    const organizationCode = `org-${newId().slice(-12)}`;
    const made = await db
      .get(UserService)
      .add({ login: LOGIN, role: "admin", organizationCode });
    const actor = await db.get(UserService).authenticate(LOGIN, made.key);
    if (!actor) throw new Error("The test's admin can't sign in.");
    return new TestTenant(db, actor);
  }

  get organizationId(): string {
    return this.actor.organizationId;
  }

  in<T>(work: (stores: Stores) => Promise<T>): Promise<T> {
    return this.db.unitOfWork.inOrganization(this.organizationId, work);
  }

  /** A pending cluster. */
  async addCluster(): Promise<{ readonly id: string; readonly code: string }> {
    const code = `cluster-${newId().slice(-12)}`;
    const { id } = await this.in((stores) =>
      this.db
        .get(ClusterService)
        .create(stores, this.actor, { code, name: code }),
    );
    return { id, code };
  }

  async registrationToken(clusterId: string): Promise<string> {
    const { token } = await this.in((stores) =>
      this.db
        .get(ClusterService)
        .issueRegistrationToken(stores, this.actor, clusterId),
    );
    return token;
  }

  /** A cluster whose agent has registered. */
  async cluster(): Promise<TestCluster> {
    const { id, code } = await this.addCluster();
    const credentials = this.db.get(CredentialService);
    const { token } = await credentials.register(
      await this.registrationToken(id),
      {},
      BARE_PROOF,
    );
    return {
      id,
      code,
      token,
      principal: await credentials.authenticate(token, BARE_PROOF),
    };
  }

  /** A catalog entry and a policy that allows everything of it. */
  async allow(limits: Partial<PolicyFields> = {}): Promise<void> {
    await this.in(async (stores) => {
      await this.db.get(CatalogService).create(stores, this.actor, {
        code: CATALOG_CODE,
        name: "Shop",
        chart_url: "oci://charts.example.com/apps",
        chart_name: "shop",
        recommended_version: "1.0.0",
      });
      await this.db.get(PolicyService).create(stores, this.actor, {
        name: "Everything",
        allowed_namespaces: ["*"],
        allowed_catalog_codes: ["*"],
        allowed_chart_url_prefixes: ["oci://charts.example.com"],
        ...limits,
      });
    });
  }

  createInstance(
    clusterId: string,
    changes: Partial<CreateInstance> = {},
  ): Promise<string> {
    return this.in((stores) =>
      this.db
        .get(InstanceService)
        .create(stores, this.actor, instanceOf(clusterId, changes)),
    );
  }

  /** A user as a person: linked to a subject of his own, and signed in. */
  async signIn(userId = this.actor.id): Promise<{
    readonly subject: string;
    readonly secret: string;
  }> {
    const identity = { issuer: ISSUER, subject: newId() };
    await this.in((stores) =>
      this.db
        .get(IdentityLinkService)
        .link(stores, this.actor, userId, identity),
    );
    const sessions = this.db.get(SessionService);
    const person = {
      identity,
      authenticatedAt: new Date(),
      amr: ["pwd"],
      shownAs: undefined,
    };
    const [user] = await sessions.usersOf(person);
    const session =
      user &&
      (await sessions.start(user, person, {
        address: "192.0.2.1",
        seconds: 3600,
      }));
    if (!session) throw new Error("The test's admin got no session.");
    return { subject: identity.subject, secret: session.secret };
  }

  /** Its audit entries so far, oldest first. */
  async audit(): Promise<readonly Leaf[]> {
    const rows = await this.db.look<{ leaf: Buffer }>(
      "select leaf from audit_queue where organization_id = $1 order by number",
      [this.organizationId],
    );
    return rows.map(({ leaf }) => JSON.parse(leaf.toString()) as Leaf);
  }

  async auditActions(): Promise<readonly string[]> {
    return (await this.audit()).map(({ action }) => action);
  }
}

export function instanceOf(
  clusterId: string,
  changes: Partial<CreateInstance> = {},
): CreateInstance {
  return {
    clusterId,
    catalogCode: CATALOG_CODE,
    namespace: "prod",
    name: "shop",
    origin: "api",
    ...changes,
  };
}
