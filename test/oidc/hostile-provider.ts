import {
  createServer,
  type IncomingMessage,
  type ServerResponse,
} from "node:http";
import { randomUUID } from "node:crypto";
import {
  type CryptoKey,
  exportJWK,
  generateKeyPair,
  type JWK,
  SignJWT,
} from "jose";
import { listenOnLoopback } from "./listen-on-loopback";

type Claims = Readonly<Record<string, unknown>>;

/** What an honest provider would put into a token, and how it would sign. */
export interface HonestToken {
  readonly claims: Claims;
  readonly kid: string;
  /** By the key that it publishes. */
  sign(
    claims: Claims,
    header?: Readonly<Record<string, string>>,
  ): Promise<string>;
  /** By a key of somebody else, under the published one's name. */
  forge(claims: Claims): Promise<string>;
  readonly publicJwk: JWK;
}

/** Where it differs from an honest one. */
export interface Lies {
  /** The ID token. */
  readonly token?: (honest: HonestToken) => string | Promise<string>;
  /** What the browser brings to the gateway. */
  readonly callback?: (answer: URLSearchParams) => void;
  readonly metadata?: Claims;
  /** In place of the token endpoint's answer. */
  readonly tokenEndpoint?: (reply: ServerResponse) => void;
}

export interface HostileProvider {
  readonly issuer: string;
  readonly clientId: string;
  readonly subject: string;
  lies: Lies;
  /** How often its metadata were asked for. */
  reads: number;
  stop(): Promise<void>;
}

const CLIENT_ID = "gateway";
const SUBJECT = "sub-of-hostile";

/** A provider that says what it is told to. It checks nothing: whoever comes is the one subject that it knows. */
export async function startHostileProvider(): Promise<HostileProvider> {
  const server = createServer();
  const { url: issuer, stop } = await listenOnLoopback(server);
  const keys = await makeKeys();
  const nonces = new Map<string, string>();
  const provider: HostileProvider = {
    issuer,
    clientId: CLIENT_ID,
    subject: SUBJECT,
    lies: {},
    reads: 0,
    stop,
  };
  const answers: Readonly<Record<string, Answer>> = {
    "/.well-known/openid-configuration": (_url, reply) => {
      provider.reads += 1;
      json(reply, { ...metadataOf(issuer), ...provider.lies.metadata });
    },
    "/jwks": (_url, reply) => json(reply, { keys: [keys.publicJwk] }),
    "/authorize": (url, reply) => {
      const code = randomUUID();
      nonces.set(code, url.searchParams.get("nonce") ?? "");
      const answer = new URLSearchParams({
        code,
        state: url.searchParams.get("state") ?? "",
        iss: issuer,
      });
      provider.lies.callback?.(answer);
      const back = url.searchParams.get("redirect_uri") ?? "";
      reply.writeHead(303, { location: `${back}?${answer.toString()}` }).end();
    },
    "/token": async (_url, reply, body) => {
      if (provider.lies.tokenEndpoint) {
        provider.lies.tokenEndpoint(reply);
        return;
      }
      const nonce = nonces.get(body.get("code") ?? "") ?? "";
      const honest = honestToken(issuer, nonce, keys);
      const token = provider.lies.token ?? (() => honest.sign(honest.claims));
      json(reply, {
        access_token: randomUUID(),
        token_type: "Bearer",
        id_token: await token(honest),
      });
    },
  };
  server.on("request", (request: IncomingMessage, reply: ServerResponse) => {
    void answerTo(answers, issuer, request, reply);
  });
  return provider;
}

type Answer = (
  url: URL,
  reply: ServerResponse,
  body: URLSearchParams,
) => void | Promise<void>;

async function answerTo(
  answers: Readonly<Record<string, Answer>>,
  issuer: string,
  request: IncomingMessage,
  reply: ServerResponse,
): Promise<void> {
  const chunks: Buffer[] = [];
  for await (const chunk of request) chunks.push(chunk as Buffer);
  const url = new URL(request.url ?? "/", issuer);
  const answer = answers[url.pathname];
  const body = new URLSearchParams(Buffer.concat(chunks).toString());
  if (answer) await answer(url, reply, body);
  else reply.writeHead(404).end();
}

function json(reply: ServerResponse, value: object): void {
  reply.setHeader("content-type", "application/json");
  reply.end(JSON.stringify(value));
}

function metadataOf(issuer: string): Claims {
  return {
    issuer,
    authorization_endpoint: `${issuer}/authorize`,
    token_endpoint: `${issuer}/token`,
    jwks_uri: `${issuer}/jwks`,
    response_types_supported: ["code"],
    subject_types_supported: ["public"],
    // As many do, it offers more than anybody should take.
    id_token_signing_alg_values_supported: ["ES256", "HS256", "none"],
    authorization_response_iss_parameter_supported: true,
  };
}

interface Keys {
  readonly publicJwk: JWK;
  readonly own: CryptoKey;
  readonly foreign: CryptoKey;
}

async function makeKeys(): Promise<Keys> {
  const [own, foreign] = await Promise.all([
    generateKeyPair("ES256"),
    generateKeyPair("ES256"),
  ]);
  const publicJwk = {
    ...(await exportJWK(own.publicKey)),
    kid: "k1",
    alg: "ES256",
    use: "sig",
  };
  return { publicJwk, own: own.privateKey, foreign: foreign.privateKey };
}

function honestToken(issuer: string, nonce: string, keys: Keys): HonestToken {
  const now = Math.floor(Date.now() / 1000);
  const kid = "k1";
  const signWith = (
    key: CryptoKey,
    claims: Claims,
    header: Readonly<Record<string, string>> = {},
  ) =>
    new SignJWT({ ...claims })
      .setProtectedHeader({ alg: "ES256", kid, ...header })
      .sign(key);
  return {
    kid,
    publicJwk: keys.publicJwk,
    claims: {
      iss: issuer,
      sub: SUBJECT,
      aud: CLIENT_ID,
      iat: now,
      exp: now + 60,
      nonce,
    },
    sign: (claims, header) => signWith(keys.own, claims, header),
    forge: (claims) => signWith(keys.foreign, claims),
  };
}
