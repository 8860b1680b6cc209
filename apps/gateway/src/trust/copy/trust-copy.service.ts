import { Inject, Injectable, Logger } from "@nestjs/common";
import { MasterKey } from "../../database/master-key";
import { type Stores, UnitOfWork } from "../../database/unit-of-work";
import { AuditStore } from "../audit/domain/audit-store";
import { gatewayActor } from "../identity/domain/actor";
import { type Forgotten, TrustCopyStore } from "./domain/trust-copy";
import { TrustFile } from "./trust-file";

export interface TrustCopyOptions {
  /** Undefined: no copy is kept. */
  readonly path: string | undefined;
  /** Whether somebody named the file: then the gateway doesn't start where it can't be written. */
  readonly isRequired: boolean;
}

export const TRUST_COPY_OPTIONS = Symbol("TrustCopyOptions");

/** How soon a change by another replica is in this one's copy, and a database that was restored under it is noticed. */
const PERIOD_MS = 5000;

/**
 * Keeps revocations and signing keys outside the database too, so that a restored one brings no revoked cluster back. A
 * database that is older than the copy is put right before anybody is answered.
 */
@Injectable()
export class TrustCopyService {
  private readonly logger = new Logger("TrustCopy");
  private readonly file: TrustFile | undefined;
  private copied = -1;
  private timer: NodeJS.Timeout | undefined;
  private turn: Promise<unknown> = Promise.resolve();

  constructor(
    private readonly unitOfWork: UnitOfWork,
    masterKey: MasterKey,
    @Inject(TRUST_COPY_OPTIONS) private readonly options: TrustCopyOptions,
  ) {
    this.file = options.path
      ? new TrustFile(options.path, masterKey)
      : undefined;
  }

  /** @throws ConfigurationError for a copy that can't be read, or not be written where it was asked for */
  async onModuleInit(): Promise<void> {
    if (!this.file) return;
    try {
      await this.compare();
    } catch (error) {
      if (this.options.isRequired || (await this.exists())) throw error;
      this.logger.warn(
        { err: error },
        "No copy of revocations is kept outside the database",
      );
      return;
    }
    this.timer = setInterval(() => this.soon(), PERIOD_MS);
    this.timer.unref();
  }

  async onApplicationShutdown(): Promise<void> {
    clearInterval(this.timer);
    await this.turn;
  }

  /** After the commit of a change: brings the copy up to date, one after the other. */
  soon(): void {
    if (!this.timer) return;
    this.turn = this.turn
      .then(() => this.compare())
      .catch((error: unknown) =>
        this.logger.error(
          { err: error },
          "The copy of revocations outside the database is not up to date",
        ),
      );
  }

  /** Writes the copy where the database is newer, and puts the database right where the copy is. */
  async compare(): Promise<void> {
    const { file } = this;
    if (!file) return;
    if ((await this.databaseVersion()) === this.copied) return;
    const copy = await file.read();
    await this.unitOfWork.asWorker(async (stores) => {
      const store = stores.get(TrustCopyStore);
      await store.takeTurn();
      if (copy && copy.version > (await store.version()))
        await this.report(stores, await store.putRight(copy));
      const present = await store.read();
      await file.write(present);
      this.copied = present.version;
    });
  }

  private databaseVersion(): Promise<number> {
    return this.unitOfWork.asWorker((stores) =>
      stores.get(TrustCopyStore).version(),
    );
  }

  private async exists(): Promise<boolean> {
    const found = await this.file?.read().catch(() => "damaged");
    return found !== undefined;
  }

  private async report(stores: Stores, forgotten: Forgotten): Promise<void> {
    this.logger.error(
      { event: "restore_detected", ...forgotten },
      "The database is older than the copy of revocations beside the master key: it was restored. What had been revoked since is revoked again.",
    );
    for (const { organizationId, id, code } of forgotten.clusters)
      await stores.get(AuditStore).append(gatewayActor(organizationId), {
        action: "cluster.restore_detected",
        subject: { type: "cluster", id, name: code },
        detail: { is_revoked_again: true },
      });
    for (const { organizationId, clusterId, serial } of forgotten.certificates)
      await stores.get(AuditStore).append(gatewayActor(organizationId), {
        action: "certificate.restore_detected",
        subject: { type: "cluster", id: clusterId },
        detail: { serial, is_revoked_again: true },
      });
  }
}
