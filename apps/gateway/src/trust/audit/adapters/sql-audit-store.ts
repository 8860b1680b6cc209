import { createHmac, randomBytes, randomUUID } from "node:crypto";
import { newId } from "@vworkspace/kernel";
import type { SqlTransaction } from "../../../database/sql-transaction";
import type { Actor } from "../../identity/domain/actor";
import { type AuditEntry, auditLeaf } from "../domain/audit-entry";
import { AuditStore } from "../domain/audit-store";

export class SqlAuditStore extends AuditStore {
  constructor(private readonly transaction: SqlTransaction) {
    super();
  }

  override async append(actor: Actor, ...entries: AuditEntry[]): Promise<void> {
    if (entries.length === 0) return;
    const people = [
      actor.type === "user" ? actor.name : undefined,
      actor.onBehalfOf?.login,
    ].filter((login) => login !== undefined);
    const salts = new Map<string, Buffer | undefined>();
    for (const person of people)
      salts.set(person, await this.saltOf(actor.organizationId, person));
    const personHash = (login: string) => hashed(login, salts.get(login));
    const { address } = actor;
    const addressHash =
      address === undefined
        ? ""
        : await this.hashOfAddress(actor.organizationId, address);
    const leaves = entries.map((entry) =>
      auditLeaf(actor, entry, {
        random: randomUUID(),
        at: new Date().toISOString(),
        personHash,
        addressHash: () => addressHash,
      }),
    );
    await this.transaction.run(
      `insert into audit_queue (organization_id, id, leaf)
       select $1, id, leaf from unnest($2::uuid[], $3::bytea[]) with ordinality as entry (id, leaf, place) order by place`,
      [actor.organizationId, leaves.map(() => newId()), leaves],
    );
  }

  /** Made with the person's first entry; erasing the row later makes the hashes in the leaves mean nobody. */
  private async saltOf(
    organizationId: string,
    person: string,
  ): Promise<Buffer | undefined> {
    const find = () =>
      this.transaction.one<{ salt: Buffer }>(
        "select salt from audit_people where organization_id = $1 and person = $2",
        [organizationId, person],
      );
    const existing = await find();
    if (existing) return existing.salt;
    await this.transaction.run(
      "insert into audit_people (organization_id, person, salt) values ($1, $2, $3) on conflict do nothing",
      [organizationId, person, randomBytes(16)],
    );
    return (await find())?.salt;
  }

  /** As with people: the row beside the log names what the leaf has a hash of, and can be erased. */
  private async hashOfAddress(
    organizationId: string,
    address: string,
  ): Promise<string> {
    const find = () =>
      this.transaction.one<{ hash: string }>(
        "select hash from audit_addresses where organization_id = $1 and address = $2",
        [organizationId, address],
      );
    const existing = await find();
    if (existing) return existing.hash;
    const salt = randomBytes(16);
    await this.transaction.run(
      "insert into audit_addresses (organization_id, address, salt, hash) values ($1, $2, $3, $4) on conflict do nothing",
      [organizationId, address, salt, hashed(address, salt)],
    );
    const row = await find();
    if (!row) throw new Error("An address of the audit log has no hash.");
    return row.hash;
  }
}

function hashed(text: string, salt: Buffer | undefined): string {
  if (!salt) throw new Error("A person of the audit log has no salt.");
  return createHmac("sha256", salt).update(text).digest("base64url");
}
