import type { Clock } from "@vworkspace/kernel";
import { type Attempt, errorOfResponse } from "./api-status";
import { Discovery, type Resource } from "./discovery";
import type {
  KubeConnection,
  KubeRequest,
  KubeResponse,
} from "./kube-connection";
import { KindMissingError } from "./kube-error";
import type { Kind } from "./kube-object";

/** Requests on kinds: finds their paths, turns refusals into errors, and forgets the paths that turn out to be gone. */
export class KubeRequester {
  private readonly discovery: Discovery;

  constructor(
    private readonly connection: KubeConnection,
    clock: Clock,
  ) {
    this.discovery = new Discovery(connection, clock);
  }

  /** @throws KindMissingError where the kind is not served */
  resourceOf(kind: Kind): Promise<Resource> {
    return this.discovery.resourceOf(kind);
  }

  forget(kind: Kind): void {
    this.discovery.forget(kind);
  }

  serves(kind: Kind): Promise<boolean> {
    return this.discovery.serves(kind);
  }

  /** The text of a successful answer. */
  async send(
    kind: Kind,
    request: KubeRequest,
    attempt: Attempt,
    signal?: AbortSignal,
  ): Promise<string> {
    const response = await this.connection.send(request, signal);
    if (isSuccess(response)) return response.text;
    throw this.refused(kind, response, attempt);
  }

  /** The bytes of a successful answer as they arrive. */
  async open(
    kind: Kind,
    request: KubeRequest,
    attempt: Attempt,
    signal: AbortSignal,
  ): Promise<AsyncIterable<Uint8Array>> {
    const answer = await this.connection.open(request, signal);
    if ("chunks" in answer) return answer.chunks;
    throw this.refused(kind, answer, attempt);
  }

  private refused(kind: Kind, response: KubeResponse, attempt: Attempt) {
    const error = errorOfResponse(response, attempt);
    if (error instanceof KindMissingError) this.discovery.forget(kind);
    return error;
  }
}

function isSuccess(response: KubeResponse): boolean {
  return response.status >= 200 && response.status < 300;
}
