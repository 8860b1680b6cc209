import type { ApprovalTrust } from "../../../trust/identity/domain/organization-rules";

export const DATABASE_STATES = ["new", "paired", "disabled"] as const;
/** `disabled`: it is told nothing and its bridge may ask for its status only. */
export type DatabaseState = (typeof DATABASE_STATES)[number];

export const ODOO_PROTOCOLS = ["auto", "json2", "xmlrpc"] as const;
export type OdooProtocol = (typeof ODOO_PROTOCOLS)[number];

/** An Odoo database that an organization works with: who speaks for it, where it is, and how far it was told the truth. */
export interface OdooDatabase {
  readonly id: string;
  readonly name: string;
  readonly state: DatabaseState;
  readonly protocol: OdooProtocol;
  /** UUID of the bridge user who speaks for it, and Odoo's own `database.uuid`; null before it was paired. */
  readonly user_id: string | null;
  readonly database_uuid: string | null;
  readonly url: string;
  readonly database: string;
  readonly login: string;
  /** Sequences count within an epoch; null before it was paired. */
  readonly epoch: string | null;
  /** The highest sequence that was sent in this epoch. */
  readonly sent_sequence: number;
  /** The highest that Odoo said it has in this epoch; one that knows less was restored from a backup. */
  readonly acknowledged_sequence: number;
  /** In a row. */
  readonly failures: number;
  readonly last_error: string;
}

export interface OrganizationFacts {
  readonly code: string;
  readonly name: string;
  readonly approval_trust: ApprovalTrust;
}

/** Odoo databases of one organization. */
export abstract class OdooDatabaseStore {
  /** False when the name is taken. */
  abstract add(database: { id: string; name: string }): Promise<boolean>;
  abstract find(id: string): Promise<OdooDatabase | undefined>;
  /** Holds the row until the transaction ends. */
  abstract lock(id: string): Promise<OdooDatabase | undefined>;
  abstract byName(name: string): Promise<OdooDatabase | undefined>;
  abstract byUser(userId: string): Promise<OdooDatabase | undefined>;
  abstract byUuid(databaseUuid: string): Promise<OdooDatabase | undefined>;
  /** Whose pairing code has this hash and is not over; holds the row. */
  abstract lockByCode(hash: Buffer): Promise<OdooDatabase | undefined>;
  /** Name, state, protocol, binding, address. */
  abstract save(database: OdooDatabase): Promise<void>;
  /** @returns when the code is over, by the database's clock */
  abstract setCode(id: string, hash: Buffer, minutes: number): Promise<Date>;
  /** With its binding, address and epoch: it counts as paired, its code no more, and sequences begin anew. */
  abstract setPaired(database: OdooDatabase, wrappedKey: Buffer): Promise<void>;
  /** Forgets key and code. */
  abstract forgetKey(id: string): Promise<void>;
  abstract wrappedKey(id: string): Promise<Buffer | undefined>;
  /** Before they are sent, so that whoever restarts knows of them. */
  abstract noteSent(id: string, sequence: number): Promise<void>;
  /** It answered: nothing is wrong any more. */
  abstract noteDelivered(id: string, sequence: number): Promise<void>;
  /** @param pauseMs before it is tried again */
  abstract noteFailed(
    id: string,
    failure: { readonly error: string; readonly pauseMs: number },
  ): Promise<void>;
  /** Merged into the report of its comparisons, under that name. */
  abstract noteReport(
    id: string,
    part: string,
    report: Readonly<Record<string, unknown>>,
  ): Promise<void>;
  /** Sequences begin anew. */
  abstract startEpoch(id: string, epoch: string): Promise<void>;
  abstract organization(): Promise<OrganizationFacts>;
}
