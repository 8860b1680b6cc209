/** What the skins need of an HTTP request: its body as it came, and the id that the log knows it by. */
export interface RpcRequest {
  readonly id: unknown;
  readonly body: unknown;
}

export function bodyOf(request: RpcRequest): Uint8Array {
  return request.body instanceof Uint8Array ? request.body : new Uint8Array();
}

export function requestIdOf(request: RpcRequest): string {
  return String(request.id);
}
