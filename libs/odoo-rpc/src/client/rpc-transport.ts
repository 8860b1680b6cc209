import { DomainError } from "@vworkspace/kernel";

export interface HttpExchange {
  /** Below the Odoo's address, for example `/jsonrpc`. */
  readonly path: string;
  readonly headers: Readonly<Record<string, string>>;
  readonly body: string;
}

export interface HttpAnswer {
  readonly status: number;
  readonly contentType: string;
  readonly body: Uint8Array;
}

/** Carries one request to an Odoo and its answer back. */
export abstract class RpcTransport {
  /** The host and port it leads to, as errors may name it. */
  abstract readonly host: string;

  /**
   * Sends the body once and never again: whether a call that failed half-way took effect is for the caller to find out.
   * @returns the answer, whatever its status
   * @throws DomainError `unavailable` for everything else: no answer in time, too large a body
   */
  abstract exchange(request: HttpExchange): Promise<HttpAnswer>;

  /**
   * The same for protocols that answer with status 200 only.
   * @returns the body
   * @throws DomainError `unavailable`, for another status too
   */
  async post(
    path: string,
    contentType: string,
    body: string,
  ): Promise<Uint8Array> {
    const headers = { "content-type": contentType };
    const answer = await this.exchange({ path, headers, body });
    if (answer.status === 200) return answer.body;
    throw this.refusal(
      `answered with HTTP status ${answer.status}; check the address of the Odoo`,
    );
  }

  /** Ends idle connections. */
  abstract close(): Promise<void>;

  /** Cuts off what is under way: it fails as unavailable. Nothing can be sent any more. */
  abstract abort(): Promise<void>;

  /** @param what follows "The Odoo at HOST" */
  refusal(what: string, cause?: unknown): DomainError {
    return new DomainError("unavailable", `The Odoo at ${this.host} ${what}.`, {
      cause,
    });
  }
}
