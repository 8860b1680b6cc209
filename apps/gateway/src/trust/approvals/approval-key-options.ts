export interface ApprovalKeyOptions {
  /** Under whose name claims are signed. */
  readonly issuer: () => string;
  /** How long a key signs claims before the next one does. */
  readonly rotationSeconds: number;
  /** How long a key is in the set before it signs. */
  readonly publishSeconds: number;
}

/** The longest that a claim counts: an approval may have to wait for a window at the weekend. */
export const APPROVAL_MAX_SECONDS = 7 * 86_400;

export const APPROVAL_KEY_OPTIONS = Symbol("ApprovalKeyOptions");
