/** A column whose values are sealed under the master key; those that are null aren't. */
export interface SealedColumn {
  readonly table: string;
  /** Column that names the row. */
  readonly key: string;
  readonly column: string;
  /** What the values are bound to, by the row's key, as its writer sealed them. */
  readonly context: (key: string) => string;
}

/** All of them: what isn't here can't be opened any more after a change of the master key. A test looks for others. */
export const SEALED_COLUMNS: readonly SealedColumn[] = [
  {
    table: "signing_keys",
    key: "kid",
    column: "private_key",
    context: (kid) => `signing_keys:${kid}`,
  },
  {
    table: "certificate_authority_keys",
    key: "id",
    column: "sealed",
    context: (id) => `certificate_authority_keys:${id}`,
  },
  // A tenant's, which the owner of the tables may open for this (policy rewrap).
  {
    table: "odoo_databases",
    key: "id",
    column: "wrapped_key",
    context: (id) => `odoo_databases:${id}`,
  },
  // The last: with the former key alone, as a run that is taken up has it, the database can be opened until this is done.
  {
    table: "sealed_keys",
    key: "purpose",
    column: "sealed",
    context: (purpose) => `sealed_keys:${purpose}`,
  },
];
