/** What the browser carries, sealed, from the gateway to the provider and back. */
export interface SignInFlow {
  readonly state: string;
  readonly nonce: string;
  /** Of PKCE (RFC 7636). */
  readonly verifier: string;
  readonly returnTo: string;
  /** Code of the organization that the person wants to sign in to, where he said so. */
  readonly organization: string | undefined;
}

/** Of them, what the provider is asked with. */
export type FlowSecrets = Pick<SignInFlow, "state" | "nonce" | "verifier">;

export const FLOW_SECONDS = 600;
