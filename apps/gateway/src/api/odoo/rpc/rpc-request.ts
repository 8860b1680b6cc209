import type { Visit } from "../../limits/visit";

/** What the skins need of an HTTP request: its body as it came, the id that the log knows it by, and its limits. */
export interface RpcRequest {
  readonly id: unknown;
  readonly body: unknown;
  readonly visit: Visit;
}

/** What a skin needs besides, whose caller is told by a header. */
export interface HeadedRequest extends RpcRequest {
  readonly headers: Readonly<Record<string, string | string[] | undefined>>;
}

/** A header that counts where it comes once. */
export function headerOf(
  { headers }: HeadedRequest,
  name: string,
): string | undefined {
  const value = headers[name];
  return typeof value === "string" ? value : undefined;
}

export function bodyOf(request: RpcRequest): Uint8Array {
  return request.body instanceof Uint8Array ? request.body : new Uint8Array();
}

export function requestIdOf(request: RpcRequest): string {
  return String(request.id);
}
