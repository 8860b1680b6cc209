import { randomBytes, randomUUID } from "node:crypto";
import { Injectable } from "@nestjs/common";
import { DomainError, newId, VERSION } from "@vworkspace/kernel";
import { MasterKey } from "../../database/master-key";
import type { Stores } from "../../database/unit-of-work";
import { refuseProblem } from "../../intent/refusals";
import { AuditStore } from "../../trust/audit/domain/audit-store";
import type { Actor, UserActor } from "../../trust/identity/domain/actor";
import {
  type OdooDatabase,
  OdooDatabaseStore,
  type OdooProtocol,
  type OrganizationFacts,
} from "./domain/odoo-database";
import { OutboxBell } from "./domain/outbox-bell";
import { OutboxStore } from "./domain/outbox-store";
import {
  CODE_BYTES,
  CODE_MINUTES,
  nameProblem,
  type Pairing,
  pairingCode,
  pairingProblem,
  plainCode,
} from "./domain/pairing-rules";
import { OdooSyncOptions } from "./odoo-sync-options";

const CODE_PURPOSE = "odoo-pairing";

export interface IssuedCode {
  readonly code: string;
  readonly expiresAt: Date;
}

/** What the other side learns of this one. */
export interface BridgeStatus {
  readonly organization: OrganizationFacts;
  readonly database: OdooDatabase | undefined;
  readonly waiting: number;
  readonly version: string;
}

/** Which Odoo databases an organization works with, and who speaks for them. */
@Injectable()
export class OdooDatabaseService {
  constructor(
    private readonly masterKey: MasterKey,
    private readonly bell: OutboxBell,
    private readonly options: OdooSyncOptions,
  ) {}

  async create(stores: Stores, actor: Actor, name: string): Promise<string> {
    refuseProblem(nameProblem(name));
    const database = { id: newId(), name };
    if (!(await stores.get(OdooDatabaseStore).add(database)))
      throw nameTaken(name);
    await record(stores, actor, "odoo_database.create", database);
    return database.id;
  }

  async write(
    stores: Stores,
    actor: Actor,
    id: string,
    changes: { readonly name?: string; readonly protocol?: OdooProtocol },
  ): Promise<void> {
    const before = await this.require(stores, id);
    const changed = { ...before, ...changes };
    refuseProblem(nameProblem(changed.name));
    await stores.get(OdooDatabaseStore).save(changed);
    await record(stores, actor, "odoo_database.write", changed);
  }

  /** A code for whoever sets up the Odoo; it counts once, and until it is over. A new one ends the one before. */
  async issueCode(
    stores: Stores,
    actor: Actor,
    id: string,
  ): Promise<IssuedCode> {
    const database = await this.require(stores, id);
    if (database.state === "disabled")
      throw new DomainError(
        "validation_failed",
        `Odoo database ${database.name} is disabled: enable it first.`,
      );
    const code = pairingCode(randomBytes(CODE_BYTES));
    const expiresAt = await stores
      .get(OdooDatabaseStore)
      .setCode(id, this.hash(code), CODE_MINUTES);
    await record(stores, actor, "odoo_database.issue_code", database);
    return { code, expiresAt };
  }

  /** Binds the calling user to the Odoo that the code was made for. */
  async pair(
    stores: Stores,
    actor: UserActor,
    pairing: Pairing,
  ): Promise<BridgeStatus> {
    refuseProblem(pairingProblem(pairing, this.options.plainHosts));
    const store = stores.get(OdooDatabaseStore);
    const database = await store.lockByCode(this.hash(pairing.code));
    if (database === undefined)
      throw new DomainError(
        "validation_failed",
        "code is none of this organization, was used, or is over: ask an admin of the gateway for a new one.",
      );
    await refuseOther(stores, actor, database, pairing.database_uuid);
    const { code: _code, key, ...place } = pairing;
    const paired: OdooDatabase = {
      ...database,
      ...place,
      state: "paired",
      user_id: actor.id,
      epoch: randomUUID(),
    };
    await store.setPaired(paired, this.wrap(database.id, key));
    await stores.get(OutboxStore).clear(database.id);
    await record(stores, actor, "odoo_database.pair", paired);
    stores.afterCommit(() => this.bell.ring());
    return this.status(stores, actor);
  }

  async status(stores: Stores, actor: UserActor): Promise<BridgeStatus> {
    const store = stores.get(OdooDatabaseStore);
    const database = await store.byUser(actor.id);
    const backlog =
      database && (await stores.get(OutboxStore).backlog(database.id));
    return {
      organization: await store.organization(),
      database,
      waiting: backlog?.waiting ?? 0,
      version: VERSION,
    };
  }

  /** It is told nothing more, and its bridge may only ask how it stands; what it missed is told when it is enabled. */
  async disable(stores: Stores, actor: Actor, id: string): Promise<void> {
    const database = await this.require(stores, id);
    if (database.state === "disabled") return;
    const disabled = { ...database, state: "disabled" as const };
    await stores.get(OdooDatabaseStore).save(disabled);
    await stores.get(OutboxStore).clear(id);
    await record(stores, actor, "odoo_database.disable", disabled);
  }

  async enable(stores: Stores, actor: Actor, id: string): Promise<void> {
    const database = await this.require(stores, id);
    if (database.state !== "disabled") return;
    const state = database.user_id === null ? "new" : "paired";
    const enabled = { ...database, state } as const;
    await stores.get(OdooDatabaseStore).save(enabled);
    if (state === "paired") await stores.get(OutboxStore).noteAll(id);
    await record(stores, actor, "odoo_database.enable", enabled);
    stores.afterCommit(() => this.bell.ring());
  }

  /** Forgets the Odoo and its key. Nothing that runs changes, and no record. */
  async unpair(stores: Stores, actor: Actor, id: string): Promise<void> {
    const database = await this.require(stores, id);
    const store = stores.get(OdooDatabaseStore);
    await store.save({
      ...database,
      state: "new",
      user_id: null,
      database_uuid: null,
      url: "",
      database: "",
      login: "",
    });
    await store.forgetKey(id);
    await stores.get(OutboxStore).clear(id);
    await record(stores, actor, "odoo_database.unpair", database);
  }

  /** The Odoo that a user was bound to, if any. */
  boundTo(stores: Stores, actor: UserActor): Promise<OdooDatabase | undefined> {
    return stores.get(OdooDatabaseStore).byUser(actor.id);
  }

  /** The Odoo that a bridge speaks for. @throws DomainError forbidden */
  async requireOf(stores: Stores, actor: UserActor): Promise<OdooDatabase> {
    const database = await stores.get(OdooDatabaseStore).byUser(actor.id);
    if (database?.state === "paired") return database;
    throw new DomainError(
      "forbidden",
      "This key speaks for no paired Odoo database: pair it first.",
    );
  }

  /** The key of Odoo's bridge user. */
  async keyOf(stores: Stores, id: string): Promise<string> {
    const wrapped = await stores.get(OdooDatabaseStore).wrappedKey(id);
    if (wrapped === undefined) throw new Error("The Odoo database has no key.");
    return this.masterKey.open(wrapped, keyContext(id)).toString("utf8");
  }

  private wrap(id: string, key: string): Buffer {
    return this.masterKey.seal(Buffer.from(key, "utf8"), keyContext(id));
  }

  private hash(code: string): Buffer {
    return this.masterKey.hash(CODE_PURPOSE, plainCode(code));
  }

  private async require(stores: Stores, id: string): Promise<OdooDatabase> {
    const database = await stores.get(OdooDatabaseStore).lock(id);
    if (database) return database;
    throw new DomainError("not_found", "There is no such Odoo database.");
  }
}

/** What a wrapped key is bound to: its place. */
export function keyContext(id: string): string {
  return `odoo_databases:${id}`;
}

/** A staging copy must not take over from production, nor one Odoo from another. */
async function refuseOther(
  stores: Stores,
  actor: UserActor,
  database: OdooDatabase,
  databaseUuid: string,
): Promise<void> {
  const store = stores.get(OdooDatabaseStore);
  const isOf = (other: OdooDatabase | undefined) =>
    other === undefined || other.id === database.id;
  const isSame =
    (database.user_id ?? actor.id) === actor.id &&
    (database.database_uuid ?? databaseUuid) === databaseUuid &&
    isOf(await store.byUser(actor.id)) &&
    isOf(await store.byUuid(databaseUuid));
  if (isSame) return;
  throw new DomainError(
    "forbidden",
    "This key or this Odoo database is bound already, and not to each other by that code: an admin of the gateway has to unpair it first (action_unpair).",
  );
}

function nameTaken(name: string): DomainError {
  return new DomainError(
    "already_exists",
    `name is "${name.slice(0, 80)}": there is an Odoo database of that name; choose another.`,
  );
}

function record(
  stores: Stores,
  actor: Actor,
  action: string,
  database: { id: string; name: string; database_uuid?: string | null },
): Promise<void> {
  const { id, name, database_uuid: uuid } = database;
  return stores.get(AuditStore).append(actor, {
    action,
    subject: { type: "odoo.database", id, name },
    detail: { database_uuid: uuid ?? null },
  });
}
