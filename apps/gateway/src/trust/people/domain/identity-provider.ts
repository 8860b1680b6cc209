import type { ProvenPerson } from "./proven-person";
import type { FlowSecrets } from "./sign-in-flow";

/** Where people prove themselves. */
export abstract class IdentityProvider {
  /** Where to send a browser, and the secrets of its way there and back. @throws LoginRefusal provider_unavailable */
  abstract begin(): Promise<{
    readonly url: string;
    readonly secrets: FlowSecrets;
  }>;
  /**
   * Whom the answer that a browser brought vouches for.
   * @param query of the URL that the provider sent it to
   * @throws LoginRefusal
   */
  abstract complete(query: string, secrets: FlowSecrets): Promise<ProvenPerson>;
  /** Where people sign out of the provider itself, where it has such a place. Never throws. */
  abstract signOutUrl(): Promise<string | undefined>;
}
