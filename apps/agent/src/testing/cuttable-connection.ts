import {
  KubeConnection,
  KubeError,
  type KubeRequest,
  type KubeResponse,
  type KubeStream,
} from "@vworkspace/kube";

/** A way to an API server that a test can cut, requests and watches under way included, and join again. */
export class CuttableConnection extends KubeConnection {
  private broken = new AbortController();

  constructor(private readonly inner: KubeConnection) {
    super();
  }

  cut(): void {
    this.broken.abort();
  }

  rejoin(): void {
    this.broken = new AbortController();
  }

  override async send(
    request: KubeRequest,
    signal?: AbortSignal,
  ): Promise<KubeResponse> {
    const { signal: broken } = this.broken;
    const either = signal ? AbortSignal.any([signal, broken]) : broken;
    return this.unlessCut(() => this.inner.send(request, either), broken);
  }

  override async open(
    request: KubeRequest,
    signal: AbortSignal,
  ): Promise<KubeStream | KubeResponse> {
    const { signal: broken } = this.broken;
    const either = AbortSignal.any([signal, broken]);
    return this.unlessCut(() => this.inner.open(request, either), broken);
  }

  override close(): Promise<void> {
    return this.inner.close();
  }

  private async unlessCut<T>(
    call: () => Promise<T>,
    broken: AbortSignal,
  ): Promise<T> {
    try {
      if (!broken.aborted) return await call();
    } catch (error) {
      if (!broken.aborted) throw error;
    }
    throw new KubeError("The way to the API server is cut.", {
      status: 0,
      reason: "Unreachable",
    });
  }
}
