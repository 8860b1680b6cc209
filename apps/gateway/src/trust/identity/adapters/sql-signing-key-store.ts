import type { SqlTransaction } from "../../../database/sql-transaction";
import {
  type SealedSigningKey,
  SigningKeyStore,
} from "../domain/signing-key-store";

interface Row {
  kid: string;
  algorithm: string;
  public_jwk: Record<string, unknown>;
  private_key: Buffer;
}

export class SqlSigningKeyStore extends SigningKeyStore {
  constructor(private readonly transaction: SqlTransaction) {
    super();
  }

  override async all(purpose: string): Promise<readonly SealedSigningKey[]> {
    const rows = await this.transaction.query<Row>(
      "select kid, algorithm, public_jwk, private_key from signing_keys where purpose = $1 order by retired_at desc nulls first",
      [purpose],
    );
    return rows.map((row) => ({
      kid: row.kid,
      algorithm: row.algorithm,
      publicJwk: row.public_jwk,
      sealedPrivateKey: row.private_key,
    }));
  }

  override async addFirst(
    purpose: string,
    key: SealedSigningKey,
  ): Promise<void> {
    await this.transaction.run(
      `insert into signing_keys (kid, purpose, algorithm, public_jwk, private_key) values ($1, $2, $3, $4, $5)
       on conflict (purpose) where retired_at is null do nothing`,
      [
        key.kid,
        purpose,
        key.algorithm,
        JSON.stringify(key.publicJwk),
        key.sealedPrivateKey,
      ],
    );
  }
}
