export interface OdooOptions {
  /** Names accepted as `db`; empty: any that isn't empty itself. */
  readonly databases: readonly string[];
  /** Where the gateway is reached; known once it listens. */
  readonly publicUrl: () => string;
  /** Silence after which a cluster is shown as disconnected. */
  readonly disconnectAfterSeconds: number;
}

export const ODOO_OPTIONS = Symbol("OdooOptions");
