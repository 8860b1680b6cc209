import { randomUUID } from "node:crypto";
import { DomainError } from "@vworkspace/kernel";
import { BatchSenderService } from "../../apps/gateway/src/observed/odoo-sync/batch-sender.service";
import {
  OdooLink,
  OdooLinks,
} from "../../apps/gateway/src/observed/odoo-sync/domain/odoo-link";
import type { UpdateBatch } from "../../apps/gateway/src/observed/odoo-sync/domain/batch";
import { OdooDatabaseService } from "../../apps/gateway/src/observed/odoo-sync/odoo-database.service";
import { OdooSyncOptions } from "../../apps/gateway/src/observed/odoo-sync/odoo-sync-options";
import type { SyncCounts } from "../../apps/gateway/src/observed/odoo-sync/sync-counts";
import type { UserActor } from "../../apps/gateway/src/trust/identity/domain/actor";
import { UserService } from "../../apps/gateway/src/trust/identity/user.service";
import { UpdateBook } from "../odoo-bridge/update-book";
import type { TenantHost, TestTenant } from "./test-tenant";

/** A row of the outbox, with the name of its model's table. */
export interface WaitingRow {
  readonly model: number;
  readonly record_id: string;
  readonly sequence: string;
  readonly status: string;
  readonly problem: string;
}

interface Made {
  readonly databaseId: string;
  readonly databaseUuid: string;
  readonly book: UpdateBook;
}

/** An Odoo that is paired with a test's tenant: it keeps a book of what it is told, and can be away. */
export class TestOdoo extends OdooLinks {
  isAway = false;
  /** What it says of itself. */
  databaseUuid: string;
  /** Runs while a batch is under way, before it counts. */
  meanwhile: () => Promise<void> = () => Promise.resolve();
  private sender: BatchSenderService;

  private constructor(
    private readonly db: TenantHost,
    readonly tenant: TestTenant,
    readonly actor: UserActor,
    private readonly made: Made,
  ) {
    super();
    this.databaseUuid = made.databaseUuid;
    this.sender = this.newSender();
  }

  get databaseId(): string {
    return this.made.databaseId;
  }

  get book(): UpdateBook {
    return this.made.book;
  }

  static async pair(db: TenantHost, tenant: TestTenant): Promise<TestOdoo> {
    const code = await organizationCode(db, tenant);
    const actor = await bridgeOf(db, code);
    const databases = db.get(OdooDatabaseService);
    const uuid = randomUUID();
    const id = await tenant.in(async (stores) => {
      const made = await databases.create(stores, tenant.actor, uuid);
      const issued = await databases.issueCode(stores, tenant.actor, made);
      await databases.pair(stores, actor, pairingOf(issued.code, uuid));
      return made;
    });
    const book = new UpdateBook(code);
    return new TestOdoo(db, tenant, actor, {
      databaseId: id,
      databaseUuid: uuid,
      book,
    });
  }

  override open(): OdooLink {
    return new BookLink(this);
  }

  /** As another replica, or the same one after a restart. */
  newSender(): BatchSenderService {
    const options = new OdooSyncOptions([], () => "", 120, false);
    const databases = this.db.get(OdooDatabaseService);
    const { unitOfWork } = this.db;
    return new BatchSenderService(unitOfWork, databases, this, options);
  }

  get counts(): SyncCounts {
    return this.sender.counts;
  }

  restartSender(): void {
    this.sender = this.newSender();
  }

  /** Sends until there is nothing more, or something fails; or so many batches, the greeting among them. */
  async deliver(
    sender = this.sender,
    batches = Number.POSITIVE_INFINITY,
  ): Promise<void> {
    const { signal } = new AbortController();
    const { organizationId } = this.tenant;
    const due = { organizationId, databaseId: this.databaseId };
    for (let sent = 0; sent < batches; sent += 1)
      if (!(await sender.send(due, signal))) return;
  }

  waiting(): Promise<readonly WaitingRow[]> {
    return this.db.look(
      "select model, record_id, sequence, status, problem from odoo_outbox where database_id = $1 order by model, sequence",
      [this.databaseId],
    );
  }

  async row(): Promise<Readonly<Record<string, unknown>>> {
    const [row] = await this.db.look<Record<string, unknown>>(
      "select * from odoo_databases where id = $1",
      [this.databaseId],
    );
    return row ?? {};
  }
}

class BookLink extends OdooLink {
  constructor(private readonly odoo: TestOdoo) {
    super();
  }

  override databaseUuid(): Promise<string> {
    return this.here(() => Promise.resolve(this.odoo.databaseUuid));
  }

  override applyUpdates(batch: UpdateBatch): Promise<unknown> {
    return this.here(async () => {
      if (batch.items.length > 0) await this.odoo.meanwhile();
      return this.odoo.book.applyUpdates(batch);
    });
  }

  override close(): Promise<void> {
    return Promise.resolve();
  }

  private here<T>(work: () => Promise<T>): Promise<T> {
    if (!this.odoo.isAway) return work();
    const away = new DomainError("unavailable", "The Odoo is away.");
    return Promise.reject(away);
  }
}

export function pairingOf(code: string, databaseUuid: string) {
  return {
    code,
    database_uuid: databaseUuid,
    url: "https://odoo.example.com",
    database: "company",
    login: "gateway-bridge",
    key: "the key of Odoo's bridge user",
  };
}

export async function organizationCode(
  db: TenantHost,
  tenant: TestTenant,
): Promise<string> {
  const [row] = await db.look<{ code: string }>(
    "select code from organizations where id = $1",
    [tenant.organizationId],
  );
  return row?.code ?? "";
}

/** A bridge user of its own. */
export async function bridgeOf(
  db: TenantHost,
  organization: string,
): Promise<UserActor> {
  const users = db.get(UserService);
  const login = `bridge-${randomUUID()}@example.com`;
  const { key } = await users.add({
    login,
    role: "bridge",
    organizationCode: organization,
  });
  const actor = await users.authenticate(login, key);
  if (!actor) throw new Error("The bridge can't sign in.");
  return actor;
}
