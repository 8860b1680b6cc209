import type { SqlTransaction } from "../../../database/sql-transaction";
import { DpopProofStore, type Remembered } from "../domain/dpop-proof-store";

export class SqlDpopProofStore extends DpopProofStore {
  constructor(private readonly transaction: SqlTransaction) {
    super();
  }

  override async epoch(): Promise<string> {
    const known = await this.readEpoch();
    if (known !== undefined) return known;
    await this.transaction.run(
      "insert into dpop_epoch default values on conflict do nothing",
      [],
    );
    // A statement of its own: it sees what another replica has inserted meanwhile.
    const made = await this.readEpoch();
    if (made === undefined) throw new Error("dpop_epoch stays without a row.");
    return made;
  }

  override async remember(
    epoch: string,
    slot: number,
    digest: Buffer,
  ): Promise<Remembered> {
    // The epoch is asked for in the same statement: a memory that was lost takes no proof of the one before.
    const row = await this.transaction.one<{
      is_current: boolean;
      is_new: boolean;
    }>(
      `with current as (select 1 from dpop_epoch where epoch = $1),
         added as (insert into dpop_proofs (slot, digest) select $2::smallint, $3::bytea from current on conflict do nothing returning 1)
       select exists (select 1 from current) as is_current, exists (select 1 from added) as is_new`,
      [epoch, slot, digest],
    );
    if (!row?.is_current) return "forgotten";
    return row.is_new ? "new" : "used";
  }

  override async forget(slot: number): Promise<void> {
    await this.transaction.query("select forget_dpop_proofs($1::smallint)", [
      slot,
    ]);
  }

  private async readEpoch(): Promise<string | undefined> {
    const row = await this.transaction.one<{ epoch: string }>(
      "select epoch from dpop_epoch",
      [],
    );
    return row?.epoch;
  }
}
