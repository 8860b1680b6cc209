/** Limits of the agent contract. Sizes in bytes, times in seconds. */
export const LIMITS = {
  bodyBytes: 1024 * 1024,
  jobsPerPoll: 50,
  waitingPollsPerCluster: 2,
  waitDefaultSeconds: 30,
  waitMaxSeconds: 300,
  /** A peer gives up on a response after 300 s, so the longest wait is answered this much earlier. */
  waitMarginSeconds: 5,
  eventsPerBatch: 1000,
  registrationTokenSeconds: 24 * 3600,
  leaseSeconds: 600,
  jobSeconds: 24 * 3600,
  credentialGraceSeconds: 24 * 3600,
  tokenSeconds: 30 * 24 * 3600,
  /** How long after its end an unrevoked token may still rotate, with a proof by the key registered with it. */
  renewalSeconds: 90 * 24 * 3600,
  /** How long a used registration token may be repeated with a proof of the same key: the answer may have been lost. */
  registrationRetrySeconds: 600,
  /** Of a certificate with its chain, or of a bundle of them. */
  pemCharacters: 64 * 1024,
  /** Longest text of a message or reason that comes from a cluster, in characters; longer ones are cut. */
  messageCharacters: 4096,
  /** Of an operation's outputs as JSON, in characters: far more than names and counts need. */
  outputsCharacters: 16 * 1024,
} as const;
