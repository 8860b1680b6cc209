import { CatalogService } from "../../apps/gateway/src/intent/catalog/catalog.service";
import { AdoptionService } from "../../apps/gateway/src/observed/odoo-sync/adoption.service";
import { ComparisonService } from "../../apps/gateway/src/observed/odoo-sync/comparison.service";
import { OdooDatabaseService } from "../../apps/gateway/src/observed/odoo-sync/odoo-database.service";
import { PairCodeService } from "../../apps/gateway/src/observed/odoo-sync/pair-code.service";
import type { TestDatabase } from "./open-test-database";
import { organizationCode, TestOdoo } from "./test-odoo";
import type { TestTenant } from "./test-tenant";

const INSTANCE = "vworkspace.application.instance";

/** The part of an organization's life that an Odoo has in it. */
export class OdooLife {
  constructor(
    private readonly db: TestDatabase,
    private readonly tenant: TestTenant,
  ) {}

  async live(instance: string): Promise<void> {
    const { db, tenant } = this;
    const odoo = await TestOdoo.pair(db, tenant);
    await this.tell(odoo);
    await this.compare(odoo, instance);
    await this.lose(odoo);
    const databases = db.get(OdooDatabaseService);
    await tenant.in(async (stores) => {
      const on = [stores, tenant.actor, odoo.databaseId] as const;
      await databases.write(...on, { name: "Renamed" });
      await databases.disable(...on);
      await databases.enable(...on);
      await databases.unpair(...on);
    });
    const organization = await organizationCode(db, tenant);
    await db.get(PairCodeService).issue(organization, "Renamed");
    await TestOdoo.pair(db, tenant);
  }

  /** Everything there is, with something that it doesn't take. */
  private async tell(odoo: TestOdoo): Promise<void> {
    const { db, tenant } = this;
    await tenant.in((stores) =>
      db.get(ComparisonService).resendAll(stores, odoo.actor),
    );
    odoo.book.broken.add("Shop");
    await odoo.deliver();
    odoo.isAway = true;
    await tenant.in((stores) =>
      db.get(ComparisonService).resendAll(stores, odoo.actor),
    );
    await odoo.deliver();
    odoo.isAway = false;
    await odoo.deliver();
  }

  private async compare(odoo: TestOdoo, instance: string): Promise<void> {
    const { db, tenant } = this;
    const [row] = await db.look<{ number: number }>(
      "select number from application_instances where id = $1",
      [instance],
    );
    const adoption = { model: INSTANCE, number: row?.number ?? 0 };
    await db.look(
      "update application_instances set external_ref = null where id = $1",
      [instance],
    );
    await tenant.in(async (stores) => {
      const comparisons = db.get(ComparisonService);
      const { actor } = odoo;
      await db
        .get(AdoptionService)
        .adopt(stores, actor, { ...adoption, externalRef: "ref-1" });
      await comparisons.compare(stores, actor, INSTANCE, {});
      await comparisons.compare(stores, actor, "vworkspace.operation", {});
      for (const model of [INSTANCE, "vworkspace.operation"])
        await comparisons.resend(stores, actor, model, ["ref-1"]);
      for (const model of ["vworkspace.catalog.entry", "vworkspace.policy"])
        await comparisons.resend(stores, actor, model, ["ref-1"]);
    });
  }

  /** The gateway's database forgets what it has sent. */
  private async lose(odoo: TestOdoo): Promise<void> {
    const { db, tenant } = this;
    await db.look("update odoo_databases set sent_sequence = 0 where id = $1", [
      odoo.databaseId,
    ]);
    const catalog = db.get(CatalogService);
    await tenant.in(async (stores) => {
      const { actor } = tenant;
      const entry = await catalog.create(stores, actor, {
        code: "lost",
        name: "Lost",
        chart_url: "oci://charts.example.com/apps",
        chart_name: "lost",
      });
      await catalog.write(stores, actor, entry.id, { intent_version: 1 });
    });
    odoo.restartSender();
    await odoo.deliver();
  }
}
