import type { SqlTransaction } from "../../../database/sql-transaction";
import { bumpTrustVersion } from "../../copy/adapters/bump-trust-version";
import {
  type SealedSigningKey,
  type SigningKeyRow,
  type SigningKeyState,
  SigningKeyStore,
} from "../domain/signing-key-store";

interface Row {
  kid: string;
  algorithm: string;
  public_jwk: Record<string, unknown>;
  private_key: Buffer;
  state: SigningKeyState;
  signing_seconds: number;
  signs_from: Date;
  verifies_until: Date | null;
}

/** A key that is yet to sign is retired at infinity: one key per purpose is not retired, which an index ensures. */
const SELECT = `
  select kid, algorithm, public_jwk, private_key, coalesce(signs_from, created_at) as signs_from, verifies_until,
    case when retired_at is null then 'current' when retired_at = 'infinity' then 'next' else 'retired' end as state,
    extract(epoch from now() - coalesce(signs_from, created_at))::float8 as signing_seconds
  from signing_keys where purpose = $1 and (verifies_until is null or verifies_until > now())
  order by retired_at desc nulls first, signs_from`;

export class SqlSigningKeyStore extends SigningKeyStore {
  constructor(private readonly transaction: SqlTransaction) {
    super();
  }

  override async all(purpose: string): Promise<readonly SigningKeyRow[]> {
    const rows = await this.transaction.query<Row>(SELECT, [purpose]);
    return rows.map(signingKey);
  }

  override async lockAll(purpose: string): Promise<readonly SigningKeyRow[]> {
    // Not the rows: a key that another replica publishes meanwhile would be none of them.
    await this.transaction.query(
      "select pg_advisory_xact_lock(hashtext('signing_keys'), hashtext($1))",
      [purpose],
    );
    return this.all(purpose);
  }

  override async addFirst(
    purpose: string,
    key: SealedSigningKey,
  ): Promise<void> {
    const added = await this.transaction.run(
      `insert into signing_keys (kid, purpose, algorithm, public_jwk, private_key, signs_from) values ($1, $2, $3, $4, $5, now())
       on conflict (purpose) where retired_at is null do nothing`,
      values(purpose, key),
    );
    if (added > 0) await bumpTrustVersion(this.transaction);
  }

  override async publish(
    purpose: string,
    key: SealedSigningKey,
    signsInSeconds: number,
  ): Promise<void> {
    await this.transaction.run(
      `insert into signing_keys (kid, purpose, algorithm, public_jwk, private_key, retired_at, signs_from)
       values ($1, $2, $3, $4, $5, 'infinity', now() + make_interval(secs => $6))`,
      [...values(purpose, key), signsInSeconds],
    );
    await bumpTrustVersion(this.transaction);
  }

  override async promote(
    purpose: string,
    kid: string,
    verifySeconds: number,
  ): Promise<void> {
    // In this order: there is never more than one that is not retired.
    await this.transaction.run(
      `update signing_keys set retired_at = now(), verifies_until = now() + make_interval(secs => $2)
       where purpose = $1 and retired_at is null`,
      [purpose, verifySeconds],
    );
    await this.transaction.run(
      "update signing_keys set retired_at = null, signs_from = now() where purpose = $1 and kid = $2",
      [purpose, kid],
    );
    await bumpTrustVersion(this.transaction);
  }

  override async distrust(purpose: string, kid: string): Promise<boolean> {
    const ended = await this.transaction.run(
      `update signing_keys set verifies_until = now()
       where purpose = $1 and kid = $2 and retired_at <> 'infinity' and (verifies_until is null or verifies_until > now())`,
      [purpose, kid],
    );
    if (ended > 0) await bumpTrustVersion(this.transaction);
    return ended > 0;
  }

  override async secondsNow(): Promise<number> {
    const row = await this.transaction.one<{ now: number }>(
      "select floor(extract(epoch from clock_timestamp()))::float8 as now",
      [],
    );
    return row?.now ?? 0;
  }

  override async issuers(): Promise<readonly string[]> {
    const rows = await this.transaction.query<{ issuer: string }>(
      "select issuer from token_issuers",
    );
    return rows.map(({ issuer }) => issuer);
  }

  override async addIssuer(issuer: string): Promise<void> {
    await this.transaction.run(
      "insert into token_issuers (issuer) values ($1) on conflict do nothing",
      [issuer],
    );
  }
}

function values(purpose: string, key: SealedSigningKey): unknown[] {
  return [
    key.kid,
    purpose,
    key.algorithm,
    JSON.stringify(key.publicJwk),
    key.sealedPrivateKey,
  ];
}

function signingKey(row: Row): SigningKeyRow {
  return {
    kid: row.kid,
    algorithm: row.algorithm,
    publicJwk: row.public_jwk,
    sealedPrivateKey: row.private_key,
    state: row.state,
    signingSeconds: row.signing_seconds,
    signsFrom: row.signs_from,
    verifiesUntil: row.verifies_until ?? undefined,
  };
}
