/** The gateway as a client of an OpenID provider. */
export interface OpenIdClientOptions {
  /** As the provider spells it. */
  readonly issuer: string;
  readonly clientId: string;
  /** Undefined for a public client. */
  readonly clientSecretFile: string | undefined;
  /** Separated by blanks. */
  readonly scopes: string;
  readonly sessionSeconds: number;
  /** Origin under which people reach the gateway. */
  readonly publicUrl: string;
}

export const OPEN_ID_OPTIONS = Symbol("OpenIdOptions");
