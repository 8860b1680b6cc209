/** One look at a Service. */
export type ProbeTarget =
  | {
      readonly type: "http";
      /** `http://…`, with path and query. */
      readonly url: string;
      /** Absent: any from 200 to 399. */
      readonly expectStatus?: number;
      readonly timeoutMs: number;
    }
  | {
      readonly type: "tcp";
      readonly host: string;
      readonly port: number;
      readonly timeoutMs: number;
    };

/** Knocks at an address once. */
export abstract class Prober {
  /**
   * @returns undefined where the answer is as expected, else what went wrong, in a few words; never anything that was
   *   answered but a status
   */
  abstract probe(
    target: ProbeTarget,
    signal: AbortSignal,
  ): Promise<string | undefined>;
}

/** Whether a status is what an http probe asks for. */
export function isExpected(
  status: number,
  expectStatus: number | undefined,
): boolean {
  return expectStatus === undefined
    ? status >= 200 && status < 400
    : status === expectStatus;
}

/** What is said of a status that isn't. */
export function unexpected(
  status: number,
  expectStatus: number | undefined,
): string {
  return `answered ${status} instead of ${expectStatus ?? "200 to 399"}`;
}
