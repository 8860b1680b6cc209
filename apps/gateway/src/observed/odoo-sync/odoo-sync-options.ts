/** Where an Odoo may be, and what it is told of addresses and silence. */
export class OdooSyncOptions {
  constructor(
    /** Hosts that may be reached over http besides this machine. */
    readonly plainHosts: readonly string[],
    /** What the number of an operation stands behind, in the address of its approval page; empty while that isn't known. */
    readonly approvalsUrl: () => string,
    /** Silence after which a cluster is shown as disconnected. */
    readonly disconnectAfterSeconds: number,
    /** Whether the program looks for what is to be told; a test does it by hand. */
    readonly isLooking: boolean = true,
  ) {}
}
