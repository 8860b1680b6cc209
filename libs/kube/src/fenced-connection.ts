import {
  KubeConnection,
  type KubeRequest,
  type KubeResponse,
  type KubeStream,
} from "./kube-connection";
import { KubeError, LOCAL_REASONS } from "./kube-error";

/** Says whether this process may write. */
export interface Fence {
  /** Decided anew at every look, by time too: a process that was stopped for a minute finds it closed when it goes on. */
  readonly isOpen: boolean;
  /** Aborts when the fence closes. */
  readonly closes: AbortSignal;
}

/** A connection that reads always, and writes only while a fence is open; writes under way when it closes are given up. */
export class FencedConnection extends KubeConnection {
  constructor(
    private readonly connection: KubeConnection,
    private readonly fence: Fence,
  ) {
    super();
  }

  override async send(
    request: KubeRequest,
    signal?: AbortSignal,
  ): Promise<KubeResponse> {
    if (request.method === "GET") return this.connection.send(request, signal);
    const { isOpen, closes } = this.fence;
    if (!isOpen)
      throw new KubeError(
        `${request.method} ${request.path} was not sent: another agent leads, or may by now.`,
        { status: 0, reason: LOCAL_REASONS.notLeading },
      );
    const either =
      signal === undefined ? closes : AbortSignal.any([signal, closes]);
    return this.connection.send(request, either);
  }

  override open(
    request: KubeRequest,
    signal: AbortSignal,
  ): Promise<KubeStream | KubeResponse> {
    return this.connection.open(request, signal);
  }

  override close(): Promise<void> {
    return this.connection.close();
  }
}
