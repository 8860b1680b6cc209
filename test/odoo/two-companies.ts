import { mkdtempSync, readFileSync, rmSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { setTimeout as sleep } from "node:timers/promises";
import { OdooDatabaseService } from "../../apps/gateway/src/observed/odoo-sync/odoo-database.service";
import { UserService } from "../../apps/gateway/src/trust/identity/user.service";
import { eventually } from "../cluster/eventually";
import { freePorts } from "../cluster/free-ports";
import { organizationCode } from "../db/test-odoo";
import { makeNamedTenant } from "../db/named-tenant";
import type { TestTenant } from "../db/test-tenant";
import {
  type ListedGateway,
  startListedGateway,
} from "../trust/listed-gateway";
import { rowsOfOrganization } from "../trust/rows-of-organization";
import { assembleAddon } from "./assemble-addon";
import { OdooRig } from "./odoo-rig";

/** What each thing of a company is called begins with its word, which stands nowhere else. */
export const OWN = "alpha";
export const FOREIGN = "zebra";
const WORDS = [OWN, FOREIGN] as const;
const WAIT_MS = 180_000;

export interface Person {
  readonly id: number;
  /** Of his contact. */
  readonly partner: number;
  readonly login: string;
  readonly password: string;
  /** Odoo's API key; a portal user has none. */
  readonly key: string | false;
}

/** What a remote call may name of a model. */
export interface ModelDescription {
  readonly fields: Readonly<
    Record<string, { type: string; relation: string | false; stored: boolean }>
  >;
  /** Fields that only the gateway's word may change. */
  readonly observed: readonly string[];
  readonly methods: Readonly<
    Record<
      string,
      { parameters: readonly string[]; takes_ids: boolean; is_own: boolean }
    >
  >;
}

export type RecordIds = Readonly<Record<string, readonly number[]>>;

interface Description {
  /** Of each company by its word: ids by model. */
  readonly ids: Readonly<Record<string, RecordIds>>;
  readonly methods: Readonly<Record<string, ModelDescription>>;
}

interface Parts {
  readonly odoo: OdooRig;
  readonly gateway: ListedGateway;
  readonly tenants: Readonly<Record<string, TestTenant>>;
  readonly folder: string;
}

/** One real Odoo with two companies, each paired with an organization of one gateway, and with records of every kind. */
export class TwoCompanies {
  people: Readonly<Record<string, Person>> = {};
  described: Description = { ids: {}, methods: {} };

  private constructor(private readonly parts: Parts) {}

  static async start(): Promise<TwoCompanies> {
    const folder = mkdtempSync(join(tmpdir(), "vworkspace-companies-"));
    const addons = assembleAddon(folder);
    const [port = 0] = await freePorts(1);
    const database = `vworkspace_companies_${process.pid}`;
    const odoo = await OdooRig.start(addons, { port, database });
    const gateway = await startListedGateway();
    const tenants: Record<string, TestTenant> = {};
    for (const word of WORDS)
      tenants[word] = (await makeNamedTenant(gateway, word)).tenant;
    const world = new TwoCompanies({ odoo, gateway, tenants, folder });
    await world.fill();
    return world;
  }

  get odoo(): OdooRig {
    return this.parts.odoo;
  }

  /** Of one kind of record: those of a company. */
  ids(word: string, model: string): readonly number[] {
    return this.described.ids[word]?.[model] ?? [];
  }

  person(name: string): Person {
    const found = this.people[name];
    if (!found) throw new Error(`There is no ${name}.`);
    return found;
  }

  /** Every row that is of a company, in Odoo and in its organization at the gateway, as texts. */
  async everythingOf(word: string): Promise<readonly string[]> {
    return [
      ...(await this.odooRowsOf(word)),
      ...(await this.gatewayRowsOf(word)),
    ];
  }

  /** Of a company's records: what only the gateway's word may change, without some of it. */
  async truthOf(
    word: string,
    except: readonly string[],
  ): Promise<readonly string[]> {
    const queries: string[] = [];
    for (const [model, { observed, fields }] of Object.entries(
      this.described.methods,
    )) {
      const names = observed.filter(
        (name) => fields[name]?.stored && !except.includes(name),
      );
      const ids = this.ids(word, model).join();
      if (names.length === 0 || ids === "") continue;
      const columns = names.map((name) => `"${name}"`).join();
      queries.push(
        `select '${model}', id, row(${columns})::text from ${tableOf(model)} where id in (${ids})`,
      );
    }
    const all = queries.join(" union all ");
    return (await this.rows(`${all} order by 1, 2`)).split("\n");
  }

  /** The rows of a query, with nothing around them. */
  async rows(query: string): Promise<string> {
    const statement = `copy (${query}) to stdout`;
    return (await this.odoo.sql(this.odoo.database, statement)).trim();
  }

  async stop(): Promise<void> {
    await this.parts.gateway.stop();
    await this.odoo.stop();
    rmSync(this.parts.folder, { recursive: true, force: true });
  }

  private async fill(): Promise<void> {
    const companies: Record<string, object> = {};
    for (const word of WORDS) companies[word] = await this.admit(word);
    const given = {
      odoo: this.odoo.url,
      gateway: this.parts.gateway.url,
      companies,
    };
    const people = await this.step("pair", given);
    this.people = people as Record<string, Person>;
    await this.becomes(
      "select count(*) from vworkspace_cluster where state = 'active' union all select count(*) from vworkspace_catalog_entry",
      "2\n2",
    );
    await this.step("deploy");
    await this.becomes(
      "select count(*) from vworkspace_application_instance where gateway_key is not null and generation = 1",
      "2",
    );
    await this.step("operate");
    await this.becomes(
      `select count(*) from vworkspace_operation where state = 'awaiting_approval'
       union all select least(count(*), 2) from vworkspace_job
       union all select count(*) from vworkspace_outbox where state = 'waiting'
       union all select count(*) from vworkspace_notice where posted_at is null
       union all select count(*) from vworkspace_comparison where state <> 'done'`,
      "2\n2\n0\n0\n0",
    );
    await this.step("open_wizards");
    this.described = (await this.step("describe")) as Description;
  }

  /** A bridge's key, and a code to pair with. */
  private async admit(word: string): Promise<object> {
    const { gateway } = this.parts;
    const tenant = this.tenant(word);
    const { key } = await gateway.get(UserService).add({
      login: `${word}-odoo`,
      role: "bridge",
      organizationCode: await organizationCode(gateway, tenant),
    });
    const databases = gateway.get(OdooDatabaseService);
    const { code } = await tenant.in(async (stores) => {
      const { actor } = tenant;
      const id = await databases.create(stores, actor, `${word}-odoo`);
      return databases.issueCode(stores, actor, id);
    });
    return { key, code };
  }

  private async odooRowsOf(word: string): Promise<readonly string[]> {
    const records = Object.entries(this.described.ids[word] ?? {})
      .filter(([model, ids]) => ids.length > 0 && model !== "res.users")
      .map(
        ([model, ids]) =>
          `select '${model}', t.id, t::text from ${tableOf(model)} t where id in (${ids.join()})`,
      );
    // What came to be beside them.
    const company = this.ids(word, "res.company").join();
    const channel = this.ids(word, "discuss.channel").join();
    const instance = this.ids(word, "vworkspace.application.instance").join();
    const about = `res_model = 'vworkspace.application.instance' and res_id = ${instance}`;
    const counted = {
      vworkspace_outbox: `company_id = ${company}`,
      vworkspace_notice: `company_id = ${company}`,
      discuss_channel_member: `channel_id = ${channel}`,
      mail_followers: about,
      ir_attachment: about,
      mail_activity: about,
      mail_message: `model = 'discuss.channel' and res_id = ${channel}`,
    };
    const counts = Object.entries(counted).map(
      ([table, which]) =>
        `select '${table}', 0, count(*)::text from ${table} where ${which}`,
    );
    const all = [...records, ...counts].join(" union all ");
    return (await this.rows(`${all} order by 1, 2`)).split("\n");
  }

  private gatewayRowsOf(word: string): Promise<readonly string[]> {
    const { organizationId } = this.tenant(word);
    return rowsOfOrganization(this.parts.gateway, organizationId);
  }

  private tenant(word: string): TestTenant {
    const found = this.parts.tenants[word];
    if (!found) throw new Error(`There is no tenant ${word}.`);
    return found;
  }

  private step(name: string, given: object = {}): Promise<unknown> {
    const json = JSON.stringify(JSON.stringify({ words: WORDS, ...given }));
    const script = readFileSync("test/odoo/two-companies.py", "utf8");
    return this.odoo.python(
      `import json\nSTEP = "${name}"\nGIVEN = json.loads(${json})\n${script}`,
    );
  }

  private async becomes(query: string, expected: string): Promise<void> {
    await eventually(
      `${query} gives ${expected}`,
      async () => {
        const found = await this.rows(query);
        if (found === expected) return true;
        // Each look is a process of its own.
        await sleep(1_000);
        throw new Error(found);
      },
      WAIT_MS,
    );
  }
}

function tableOf(model: string): string {
  return model.replaceAll(".", "_");
}
