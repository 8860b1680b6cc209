import { readFileSync } from "node:fs";
import {
  type ClientAuth,
  ClientSecretBasic,
  ClientSecretPost,
  None,
} from "openid-client";

/** How the gateway proves itself to the provider. The secret is read for each sign-in: a new one takes effect without a restart. */
export function clientAuthentication(
  secretFile: string | undefined,
): ClientAuth {
  if (secretFile === undefined) return None();
  return (server, client, body, headers) => {
    const secret = readFileSync(secretFile, "utf8").trim();
    const known = server.token_endpoint_auth_methods_supported;
    // Basic is what a provider takes that doesn't say (OpenID Connect Discovery, §3).
    const authenticate =
      known === undefined || known.includes("client_secret_basic")
        ? ClientSecretBasic(secret)
        : ClientSecretPost(secret);
    authenticate(server, client, body, headers);
  };
}
