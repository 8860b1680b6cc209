/** One request of the agent contract. */
export interface WireRequest {
  readonly method: "GET" | "POST";
  /** Below `/api/agent`, for example `/jobs`. */
  readonly path: string;
  readonly query?: Readonly<Record<string, string>>;
  readonly token: string;
  /** Private JWK (JSON) to be proven with a request whose token is not bound to it yet: a registration, a rotation. */
  readonly dpopKey?: string;
  readonly body?: unknown;
  /** From the first byte sent to the last byte read. */
  readonly timeoutMs: number;
  readonly signal?: AbortSignal;
}

/**
 * Carries requests to the control plane. The answer is the decoded JSON body of a 2xx, or undefined where it has none.
 * Everything else is a ControlPlaneError.
 */
export abstract class Wire {
  abstract send(request: WireRequest): Promise<unknown>;
  /** Closes the connections; what is under way fails. */
  abstract close(): Promise<void>;
}
