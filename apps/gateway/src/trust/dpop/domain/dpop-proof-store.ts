/** What became of a proof that was to be remembered. */
export type Remembered =
  | "new" // and from now on used
  | "used" // before
  | "forgotten"; // the memory is another than the nonce's: what was used can't be said

/** The memory of used proofs; it may lose everything at a crash, and says so by another epoch. */
export abstract class DpopProofStore {
  /** Of the memory as it is now, a UUID; a new one where the memory was lost. */
  abstract epoch(): Promise<string>;
  /**
   * Notes a use, in one statement: of several at the same time, on whatever replica, one is told "new".
   * @param slot 0 to 5, of the nonce's window
   * @param digest SHA-256 of key and jti
   */
  abstract remember(
    epoch: string,
    slot: number,
    digest: Buffer,
  ): Promise<Remembered>;
  /** Empties a slot whose nonces no longer count. */
  abstract forget(slot: number): Promise<void>;
}
