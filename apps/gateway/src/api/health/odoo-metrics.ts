import { Injectable } from "@nestjs/common";
import {
  type SyncHealth,
  SyncHealthService,
} from "../../observed/odoo-sync/sync-health.service";
import { counter, gauge } from "./scraped-metrics";

/** How far behind paired Odoo databases are; deploy/monitoring/odoo-alerts.yaml asks for them by name. */
@Injectable()
export class OdooMetrics {
  constructor(private readonly odoos: SyncHealthService) {
    this.perDatabase(
      "vworkspace_odoo_backlog",
      "Records that a paired Odoo database has yet to be told of; counting ends at 100000.",
      ({ waiting }) => waiting,
    );
    this.perDatabase(
      "vworkspace_odoo_backlog_oldest_seconds",
      "How long the oldest of them has waited.",
      ({ oldestSeconds }) => oldestSeconds,
    );
    this.perDatabase(
      "vworkspace_odoo_held",
      "Records that the Odoo database did not take; each waits for its next change.",
      ({ held }) => held,
    );
    this.perDatabase(
      "vworkspace_odoo_breaker",
      "0: it answers; 1: it is tried again just now; 2: it is left alone for a while.",
      ({ breaker }) => ["closed", "half-open", "open"].indexOf(breaker),
    );
    this.deliveries();
  }

  private perDatabase(
    name: string,
    help: string,
    value: (database: SyncHealth) => number,
  ): void {
    gauge(
      name,
      help,
      async (metric) => {
        const databases = await this.odoos.databases();
        metric.reset();
        for (const one of databases) {
          const { organization, name: database } = one;
          metric.set({ organization, database }, value(one));
        }
      },
      ["organization", "database"],
    );
  }

  private deliveries(): void {
    const { counts } = this.odoos;
    counter(
      "vworkspace_odoo_batches_total",
      "Batches that this replica sent to Odoo databases, by how that went.",
      () => ({ answered: counts.batches, failed: counts.failures }),
      "result",
    );
    counter(
      "vworkspace_odoo_records_total",
      "Records in them, by what the Odoo said.",
      () => ({ ...counts.records }),
      "result",
    );
  }
}
