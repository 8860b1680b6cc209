import {
  createServer,
  type IncomingMessage,
  type ServerResponse,
} from "node:http";
import { generateKeyPairSync, randomBytes } from "node:crypto";
import Provider, { type Configuration } from "oidc-provider";
import { listenOnLoopback } from "./listen-on-loopback";

/** What the person at the provider does when he is asked who he is. */
export type Answer =
  | { readonly subject: string; readonly amr?: readonly string[] }
  | { readonly error: string; readonly description: string };

/** A certified OpenID provider (`oidc-provider`) on this machine. */
export interface TestProvider {
  readonly issuer: string;
  readonly clientId: string;
  readonly clientSecret: string;
  /** Of a second client, which has no secret. */
  readonly publicClientId: string;
  /** From now on, of whoever is asked. */
  answer: Answer;
  stop(): Promise<void>;
}

/**
 * @param redirectUri where the gateway is sent people back to
 * @param port of a provider that was stopped, to be that one again
 */
export async function startProvider(
  redirectUri: string,
  port = 0,
): Promise<TestProvider> {
  const server = createServer();
  const { url: issuer, stop } = await listenOnLoopback(server, port);
  const clientSecret = randomBytes(24).toString("base64url");
  const provider = quietly(
    () => new Provider(issuer, settings(redirectUri, clientSecret)),
  );
  const started: TestProvider = {
    issuer,
    clientId: "gateway",
    clientSecret,
    publicClientId: "gateway-public",
    answer: { subject: "nobody" },
    stop,
  };
  const callback = provider.callback();
  server.on("request", (request: IncomingMessage, reply: ServerResponse) => {
    const isAsked = request.url?.startsWith("/interaction/");
    if (isAsked) void interact(provider, started.answer, request, reply);
    else void callback(request, reply);
  });
  return started;
}

/** It tells the console what a provider for real people would have to change. */
function quietly<T>(make: () => T): T {
  const { info, warn } = console;
  Object.assign(console, { info: () => undefined, warn: () => undefined });
  try {
    return make();
  } finally {
    Object.assign(console, { info, warn });
  }
}

/** In place of a form: the person has answered. */
async function interact(
  provider: Provider,
  answer: Answer,
  request: IncomingMessage,
  reply: ServerResponse,
): Promise<void> {
  const result =
    "error" in answer
      ? { error: answer.error, error_description: answer.description }
      : {
          login: {
            accountId: answer.subject,
            amr: [...(answer.amr ?? ["pwd"])],
          },
        };
  await provider.interactionFinished(request, reply, result);
}

function settings(redirectUri: string, clientSecret: string): Configuration {
  const { privateKey } = generateKeyPairSync("rsa", { modulusLength: 2048 });
  const client = {
    redirect_uris: [redirectUri],
    response_types: ["code" as const],
    grant_types: ["authorization_code"],
    require_auth_time: true,
  };
  return {
    clients: [
      { ...client, client_id: "gateway", client_secret: clientSecret },
      {
        ...client,
        client_id: "gateway-public",
        token_endpoint_auth_method: "none",
      },
    ],
    jwks: {
      keys: [{ ...privateKey.export({ format: "jwk" }), use: "sig" }],
    },
    cookies: { keys: [randomBytes(16).toString("hex")] },
    features: { devInteractions: { enabled: false } },
    interactions: { url: (_context, { uid }) => `/interaction/${uid}` },
    claims: { openid: ["sub", "amr"], email: ["email"], profile: ["name"] },
    conformIdTokenClaims: false,
    ttl: {
      AccessToken: 60,
      Grant: 3600,
      IdToken: 60,
      Interaction: 600,
      Session: 3600,
    },
    findAccount: (_context, accountId) => ({
      accountId,
      claims: () => ({ sub: accountId, email: `${accountId}@example.com` }),
    }),
    // Nobody is asked whether the gateway may know who he is.
    loadExistingGrant: async ({ oidc }) => {
      const grant = new oidc.provider.Grant({
        clientId: oidc.client?.clientId ?? "",
        accountId: oidc.session?.accountId ?? "",
      });
      grant.addOIDCScope("openid profile email");
      await grant.save();
      return grant;
    },
  };
}
