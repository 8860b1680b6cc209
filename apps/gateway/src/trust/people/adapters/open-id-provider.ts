import { Logger } from "@nestjs/common";
import type { Clock } from "@vworkspace/kernel";
import {
  allowInsecureRequests,
  authorizationCodeGrant,
  buildAuthorizationUrl,
  buildEndSessionUrl,
  calculatePKCECodeChallenge,
  type Configuration,
  customFetch,
  discovery,
  enableNonRepudiationChecks,
  randomNonce,
  randomPKCECodeVerifier,
  randomState,
} from "openid-client";
import { IdentityProvider } from "../domain/identity-provider";
import { provenBy, type ProvenPerson } from "../domain/proven-person";
import type { FlowSecrets } from "../domain/sign-in-flow";
import type { OpenIdClientOptions } from "../open-id-options";
import { boundedFetch } from "./bounded-fetch";
import { clientAuthentication } from "./client-authentication";
import { loginRefusalOf, unavailable, wordsOf } from "./login-refusal-of";

const ANSWER_SECONDS = 10;
const ANSWER_BYTES = 512 * 1024;
const REFRESH_MS = 3_600_000;
/** After an attempt to read the metadata anew failed. */
const RETRY_MS = 60_000;

/** Where the provider sends people back to. */
export const CALLBACK_PATH = "/login/callback";

/** One OpenID provider, found by discovery when somebody first wants to sign in: the gateway starts without it. */
export class OpenIdProvider extends IdentityProvider {
  private readonly logger = new Logger("OpenIdProvider");
  private known: Configuration | undefined;
  private reading: Promise<Configuration> | undefined;
  private readAgainAt = 0;

  constructor(
    private readonly options: OpenIdClientOptions,
    private readonly clock: Clock,
  ) {
    super();
  }

  override async begin(): Promise<{ url: string; secrets: FlowSecrets }> {
    const configuration = await this.configuration();
    const secrets = {
      state: randomState(),
      nonce: randomNonce(),
      verifier: randomPKCECodeVerifier(),
    };
    const url = buildAuthorizationUrl(configuration, {
      redirect_uri: this.callbackUrl,
      scope: this.options.scopes,
      state: secrets.state,
      nonce: secrets.nonce,
      code_challenge: await calculatePKCECodeChallenge(secrets.verifier),
      code_challenge_method: "S256",
    });
    return { url: url.href, secrets };
  }

  override async complete(
    query: string,
    { state, nonce, verifier }: FlowSecrets,
  ): Promise<ProvenPerson> {
    const configuration = await this.configuration();
    try {
      const answer = await authorizationCodeGrant(
        configuration,
        new URL(`${this.callbackUrl}?${query}`),
        {
          expectedState: state,
          expectedNonce: nonce,
          pkceCodeVerifier: verifier,
          idTokenExpected: true,
        },
      );
      const claims = answer.claims();
      if (claims === undefined) throw new Error("There is no ID token.");
      return provenBy(claims);
    } catch (error) {
      throw loginRefusalOf(error);
    }
  }

  override async signOutUrl(): Promise<string | undefined> {
    try {
      const configuration = await this.configuration();
      const { end_session_endpoint: place } = configuration.serverMetadata();
      return place && buildEndSessionUrl(configuration).href;
    } catch {
      return undefined;
    }
  }

  private get callbackUrl(): string {
    return `${this.options.publicUrl}${CALLBACK_PATH}`;
  }

  /** What is known stays in use until something newer was read. */
  private async configuration(): Promise<Configuration> {
    if (this.known === undefined) return this.read();
    if (this.clock.monotonic() >= this.readAgainAt)
      void this.read().catch(() => undefined);
    return this.known;
  }

  /** Everybody who waits waits for the same attempt. */
  private read(): Promise<Configuration> {
    this.reading ??= this.discover().finally(() => {
      this.reading = undefined;
    });
    return this.reading;
  }

  private async discover(): Promise<Configuration> {
    const { issuer, clientId, clientSecretFile } = this.options;
    const isPlain = issuer.startsWith("http:");
    this.readAgainAt = this.clock.monotonic() + RETRY_MS;
    try {
      this.known = await discovery(
        new URL(issuer),
        clientId,
        {},
        clientAuthentication(clientSecretFile),
        {
          timeout: ANSWER_SECONDS,
          [customFetch]: boundedFetch(ANSWER_BYTES),
          execute: [
            // By default a token that came straight from the provider over TLS counts without its signature.
            enableNonRepudiationChecks,
            // The configuration lets http through for this machine alone.
            ...(isPlain ? [allowInsecureRequests] : []),
          ],
        },
      );
      this.readAgainAt = this.clock.monotonic() + REFRESH_MS;
      return this.known;
    } catch (error) {
      const reason = wordsOf(error);
      this.logger.warn(
        { issuer, reason },
        "The OpenID provider's metadata could not be read",
      );
      throw unavailable(reason);
    }
  }
}
