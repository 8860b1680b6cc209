/** Carries one request to an Odoo and its answer back. */
export abstract class RpcTransport {
  /** The host and port it leads to, as errors may name it. */
  abstract readonly host: string;

  /**
   * Sends the body once and never again: whether a call that failed half-way took effect is for the caller to find out.
   * @param path below the Odoo's address, for example `/jsonrpc`
   * @returns the body of an answer with status 200
   * @throws DomainError `unavailable` for everything else: no answer in time, another status, too large a body
   */
  abstract post(
    path: string,
    contentType: string,
    body: string,
  ): Promise<Uint8Array>;

  /** Ends idle connections. */
  abstract close(): Promise<void>;
}
