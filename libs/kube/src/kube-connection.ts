/** One request to the API server. */
export interface KubeRequest {
  readonly method: "GET" | "POST" | "PATCH" | "DELETE";
  /** Path below the server's address, segments already encoded, for example `/api/v1/namespaces`. */
  readonly path: string;
  readonly query?: Readonly<Record<string, string>>;
  /** The media types that are understood; JSON where absent. */
  readonly accept?: string;
  readonly body?: { readonly contentType: string; readonly text: string };
}

export interface KubeResponse {
  readonly status: number;
  /** At most LIMITS.responseBytes, decoded as UTF-8. */
  readonly text: string;
}

/** A successful response that is read as it arrives. */
export interface KubeStream {
  /** Ends when the server ends it; fails with a KubeError when it breaks, falls silent or is aborted. */
  readonly chunks: AsyncIterable<Uint8Array>;
}

/** Sizes beyond which an answer is not read any further, and the times after which nobody waits for it. */
export const LIMITS = {
  /** A page of 500 objects of some 100 kB each still fits. */
  responseBytes: 64 * 1024 * 1024,
  /** etcd holds objects of up to 1.5 MiB; as JSON with managed fields they stay well below this. */
  watchLineBytes: 8 * 1024 * 1024,
  /** One request from its start to the end of the body, credentials included. */
  requestMs: 30_000,
  /**
   * A watch that has sent no byte for so long is dead: the API server sends a bookmark about once a minute.
   */
  watchSilenceMs: 150_000,
} as const;

export type KubeLimits = Readonly<Record<keyof typeof LIMITS, number>>;

/**
 * The way to one API server, credentials included. It knows no kinds and interprets no answers. Failures are KubeErrors
 * with status 0 and one of LOCAL_REASONS.
 */
export abstract class KubeConnection {
  /** Sends a request and reads its whole answer, whatever its status, within LIMITS.requestMs. */
  abstract send(
    request: KubeRequest,
    signal?: AbortSignal,
  ): Promise<KubeResponse>;

  /**
   * Sends a request and hands out its answer as it arrives, until it is silent for LIMITS.watchSilenceMs. Answers with
   * another status than 200 are read whole.
   */
  abstract open(
    request: KubeRequest,
    signal: AbortSignal,
  ): Promise<KubeStream | KubeResponse>;

  /** Ends what is under way and closes the sockets; every later request fails. */
  abstract close(): Promise<void>;
}
