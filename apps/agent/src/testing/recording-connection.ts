import {
  KubeConnection,
  type KubeRequest,
  type KubeResponse,
  type KubeStream,
} from "@vworkspace/kube";
import { type PermissionUse, permissionUses } from "./permission-use";

/** A connection that notes what its requests ask of RBAC. */
export class RecordingConnection extends KubeConnection {
  private readonly seen = new Map<string, PermissionUse>();

  constructor(
    private readonly inner: KubeConnection,
    private readonly agentNamespace: string,
  ) {
    super();
  }

  /** Each once. */
  get uses(): readonly PermissionUse[] {
    return [...this.seen.values()];
  }

  override async send(
    request: KubeRequest,
    signal?: AbortSignal,
  ): Promise<KubeResponse> {
    const response = await this.inner.send(request, signal);
    this.note(request, response.status);
    return response;
  }

  override async open(
    request: KubeRequest,
    signal: AbortSignal,
  ): Promise<KubeStream | KubeResponse> {
    const answer = await this.inner.open(request, signal);
    this.note(request, "chunks" in answer ? 200 : answer.status);
    return answer;
  }

  override close(): Promise<void> {
    return this.inner.close();
  }

  private note(request: KubeRequest, status: number): void {
    for (const use of permissionUses(request, status, this.agentNamespace))
      this.seen.set(JSON.stringify(use), use);
  }
}
