/** What a browser says of where a request comes from. */
export interface RequestOrigin {
  /** Sec-Fetch-Site; not sent by old browsers, nor over http to other machines. */
  readonly site: string | undefined;
  readonly origin: string | undefined;
}

/**
 * Whether a page of the gateway itself made the request. A page can't set these headers, so one that is there decides; where
 * neither is, nobody knows, and nobody is believed.
 */
export function isSameOrigin(
  { site, origin }: RequestOrigin,
  own: string,
): boolean {
  return site === undefined ? origin === own : site === "same-origin";
}
