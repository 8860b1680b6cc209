export interface PayloadKeyOptions {
  /** How long a key signs payloads before the next one does. */
  readonly rotationSeconds: number;
  /** How long a key is in the set before it signs. */
  readonly publishSeconds: number;
  /** How long a signature is good: long enough to reach the agent; a job that is offered again is signed anew. */
  readonly signatureSeconds: number;
}

/** From the offer to the agent's look at it, on a slow line. */
export const PAYLOAD_SIGNATURE_SECONDS = 600;

export const PAYLOAD_KEY_OPTIONS = Symbol("PayloadKeyOptions");
