/** First answers by request id, so that a repeat gets the same answer and changes nothing. */
export abstract class ReplayStore {
  abstract find(
    userId: string,
    requestId: string,
  ): Promise<
    { readonly digest: Buffer; readonly response: unknown } | undefined
  >;
  abstract keep(replay: {
    readonly userId: string;
    readonly requestId: string;
    readonly digest: Buffer;
    readonly response: unknown;
  }): Promise<void>;
}
