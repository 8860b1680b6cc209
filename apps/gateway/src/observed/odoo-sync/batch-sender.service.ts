import { randomUUID } from "node:crypto";
import { Injectable, Logger } from "@nestjs/common";
import { DomainError } from "@vworkspace/kernel";
import { type Stores, UnitOfWork } from "../../database/unit-of-work";
import { AuditStore } from "../../trust/audit/domain/audit-store";
import { gatewayActor } from "../../trust/identity/domain/actor";
import { composeBatch, MOST_ITEMS, type UpdateBatch } from "./domain/batch";
import { readAnswer } from "./domain/batch-answer";
import { pauseMs } from "./domain/breaker.decide";
import { wasRestored } from "./domain/epoch.decide";
import { type OdooDatabase, OdooDatabaseStore } from "./domain/odoo-database";
import { type OdooLink, OdooLinks } from "./domain/odoo-link";
import { type OutboxRow, OutboxStore } from "./domain/outbox-store";
import { SYNCED_MODELS } from "./domain/synced-model";
import type { DueDatabase } from "./domain/sync-work-store";
import { TruthStore, type TruthValues } from "./domain/truth-store";
import { OdooDatabaseService } from "./odoo-database.service";
import { OdooSyncOptions } from "./odoo-sync-options";
import { SyncCounts } from "./sync-counts";

/** What is sent next. */
interface Prepared {
  readonly database: OdooDatabase;
  readonly key: string;
  readonly sent: readonly OutboxRow[];
  readonly batch: UpdateBatch;
}

/** The other end of a database, and what this replica knows of it. */
interface OpenLink {
  readonly link: OdooLink;
  /** What it was opened with; another address or key opens another. */
  readonly access: string;
  /** In which epoch it was greeted. */
  epoch: string | null;
  /** The highest sequence that this replica has sent. */
  sent: number;
}

const MAX_ERROR_CHARACTERS = 500;

/**
 * Tells one Odoo what has changed, a batch at a time: reads the newest state, sends it, and takes out what it took. Each step is
 * a transaction of its own and none is open while the Odoo works. Whatever is cut off in between is sent again.
 */
@Injectable()
export class BatchSenderService {
  private readonly logger = new Logger(BatchSenderService.name);
  readonly counts = new SyncCounts();
  private readonly links = new Map<string, OpenLink>();

  constructor(
    private readonly unitOfWork: UnitOfWork,
    private readonly databases: OdooDatabaseService,
    private readonly odoos: OdooLinks,
    private readonly options: OdooSyncOptions,
  ) {}

  /**
   * One batch. The caller sees to it that nobody else sends to that database.
   * @returns whether there may be more to send at once
   */
  async send(due: DueDatabase, stopping: AbortSignal): Promise<boolean> {
    const prepared = await this.prepare(due);
    if (prepared === undefined) return false;
    try {
      const open = this.open(prepared);
      const { epoch, sent_sequence: sent } = prepared.database;
      // A database that knows less than was sent was restored while this replica ran.
      const isGreeted = open.epoch === epoch && open.sent <= sent;
      const isNew =
        !isGreeted && (await this.greet(due, { prepared, open, stopping }));
      if (!isNew) await this.deliver(due, { prepared, open, stopping });
      return true;
    } catch (error) {
      this.forget(due.databaseId);
      if (!stopping.aborted) await this.fail(due, prepared.database, error);
      return false;
    }
  }

  async close(): Promise<void> {
    const links = [...this.links.values()];
    this.links.clear();
    await Promise.all(links.map(({ link }) => link.close()));
  }

  /** The next try begins with the greeting. */
  private forget(databaseId: string): void {
    const known = this.links.get(databaseId);
    this.links.delete(databaseId);
    known?.link.close().catch(() => undefined);
  }

  private prepare(due: DueDatabase): Promise<Prepared | undefined> {
    return this.inOrganization(due, async (stores) => {
      const store = stores.get(OdooDatabaseStore);
      const database = await store.find(due.databaseId);
      if (database?.state !== "paired" || database.epoch === null)
        return undefined;
      const outbox = stores.get(OutboxStore);
      // First which, then their state: it may be newer than its sequence, never older.
      const rows = await outbox.waiting(database.id, MOST_ITEMS);
      const truth = await this.truthOf(stores, rows);
      const { sent, items, gone } = composeBatch(rows, truth);
      await outbox.settle(database.id, gone);
      if (sent.length === 0) return undefined;
      const { code } = await store.organization();
      return {
        database,
        key: await this.databases.keyOf(stores, database.id),
        sent,
        batch: { epoch: database.epoch, organization: code, items },
      };
    });
  }

  private async truthOf(
    stores: Stores,
    rows: readonly OutboxRow[],
  ): Promise<ReadonlyMap<string, TruthValues>> {
    const { disconnectAfterSeconds, approvalsUrl } = this.options;
    const settings = { disconnectAfterSeconds, approvalsUrl: approvalsUrl() };
    const all = new Map<string, TruthValues>();
    for (const model of SYNCED_MODELS) {
      const ids = rows
        .filter((row) => row.model === model)
        .map(({ recordId }) => recordId);
      const found = await stores.get(TruthStore).read(model, ids, settings);
      for (const [id, values] of found) all.set(id, values);
    }
    return all;
  }

  /**
   * Before the first batch, and after a failure: whether it is the Odoo that was paired, and whether it knows of more than it
   * was sent, which an empty batch tells.
   * @returns whether a new epoch has begun
   */
  private async greet(
    due: DueDatabase,
    { prepared, open, stopping }: Sending,
  ): Promise<boolean> {
    const { database, batch } = prepared;
    const uuid = await open.link.databaseUuid(stopping);
    if (uuid !== database.database_uuid)
      throw new DomainError(
        "conflict",
        `The Odoo at ${hostOf(database.url)} is another database (${uuid.slice(0, 40)}) than the one that was paired: pair it anew, or bring the right one back.`,
      );
    const empty = { ...batch, items: [] };
    const answer = await open.link.applyUpdates(empty, stopping);
    const { knownSequence } = readAnswer(answer, []);
    open.epoch = database.epoch;
    open.sent = database.sent_sequence;
    if (!wasRestored(database.sent_sequence, knownSequence)) return false;
    await this.startEpoch(due, database, knownSequence);
    return true;
  }

  private async deliver(
    due: DueDatabase,
    { prepared, open, stopping }: Sending,
  ): Promise<void> {
    const { database, sent, batch } = prepared;
    const highest = Math.max(...sent.map(({ sequence }) => sequence));
    await this.inOrganization(due, (stores) =>
      stores.get(OdooDatabaseStore).noteSent(database.id, highest),
    );
    open.sent = Math.max(highest, open.sent);
    const answer = await open.link.applyUpdates(batch, stopping);
    const { told, held, knownSequence } = readAnswer(answer, sent);
    await this.inOrganization(due, async (stores) => {
      const outbox = stores.get(OutboxStore);
      await outbox.settle(database.id, told);
      await outbox.hold(database.id, held);
      await stores
        .get(OdooDatabaseStore)
        .noteDelivered(database.id, knownSequence);
    });
    this.counts.batches += 1;
    this.counts.records.told += told.length;
    for (const { status } of held) this.counts.records[status] += 1;
    if (wasRestored(open.sent, knownSequence))
      await this.startEpoch(due, database, knownSequence);
  }

  /** This side was restored from a backup: sequences begin anew, and everything is told. */
  private async startEpoch(
    due: DueDatabase,
    database: OdooDatabase,
    knownSequence: number,
  ): Promise<void> {
    await this.inOrganization(due, async (stores) => {
      const store = stores.get(OdooDatabaseStore);
      await store.startEpoch(database.id, randomUUID());
      const records = await stores.get(OutboxStore).noteAll(database.id);
      const facts = {
        known_sequence: String(knownSequence),
        sent_sequence: String(database.sent_sequence),
        records,
      };
      await store.noteReport(database.id, "epoch", facts);
      await stores.get(AuditStore).append(gatewayActor(due.organizationId), {
        action: "odoo_database.restore_detected",
        subject: {
          type: "odoo.database",
          id: database.id,
          name: database.name,
        },
        detail: facts,
      });
    });
  }

  /** The link that is open, unless address or key have changed. */
  private open(prepared: Prepared): OpenLink {
    const { id, url, database, login, protocol } = prepared.database;
    const access = { url, database, login, protocol, key: prepared.key };
    const text = JSON.stringify(access);
    const known = this.links.get(id);
    if (known?.access === text) return known;
    this.forget(id);
    const link = this.odoos.open(access);
    const opened: OpenLink = { link, access: text, epoch: null, sent: 0 };
    this.links.set(id, opened);
    return opened;
  }

  /** It is left alone for a while. */
  private async fail(
    due: DueDatabase,
    { failures }: OdooDatabase,
    error: unknown,
  ): Promise<void> {
    this.counts.failures += 1;
    if (!(error instanceof DomainError))
      this.logger.error({ err: error }, "A batch for an Odoo failed");
    const failure = {
      error: sentenceOf(error),
      pauseMs: pauseMs(failures + 1, Math.random),
    };
    await this.inOrganization(due, (stores) =>
      stores.get(OdooDatabaseStore).noteFailed(due.databaseId, failure),
    );
  }

  private inOrganization<T>(
    due: DueDatabase,
    work: (stores: Stores) => Promise<T>,
  ): Promise<T> {
    return this.unitOfWork.inOrganization(due.organizationId, work);
  }
}

interface Sending {
  readonly prepared: Prepared;
  readonly open: OpenLink;
  readonly stopping: AbortSignal;
}

/** Of a refusal its sentence; of anything else only where the log has it. */
function sentenceOf(error: unknown): string {
  if (!(error instanceof DomainError))
    return "The gateway failed on this; its log says how.";
  return error.message.slice(0, MAX_ERROR_CHARACTERS).replaceAll("\u0000", "");
}

function hostOf(url: string): string {
  return URL.canParse(url) ? new URL(url).host : "";
}
