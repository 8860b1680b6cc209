import { type ClientRequest, type IncomingMessage } from "node:http";
import { Agent, request } from "node:https";
import type { TLSSocket } from "node:tls";
import { AGENT_MEDIA_TYPE } from "@vworkspace/contract";

/** A certificate with its chain and its key, as PEM. */
export interface ClientIdentity {
  readonly cert: string;
  readonly key: string;
}

export interface TlsAnswer {
  readonly status: number;
  readonly closes: boolean;
  /** WWW-Authenticate of a refusal. */
  readonly challenge: string | undefined;
  readonly body: Readonly<Record<string, unknown>>;
  /** Serial of the certificate that the server showed on the connection. */
  readonly serverSerial: string;
  /** Common name of the CA that issued it. */
  readonly serverIssuer: string;
  readonly socket: TLSSocket;
}

/** An agent's connection to the TLS listener: one, kept alive. */
export class TlsAgent {
  private readonly agent: Agent;

  constructor(
    private readonly port: number,
    ca: string,
    identity?: ClientIdentity,
  ) {
    this.agent = new Agent({ keepAlive: true, maxSockets: 1, ca, ...identity });
  }

  async call(
    method: string,
    path: string,
    { token, body }: { token?: string; body?: object } = {},
  ): Promise<TlsAnswer> {
    const call = request({
      agent: this.agent,
      host: "127.0.0.1",
      port: this.port,
      method,
      path,
      headers: {
        accept: AGENT_MEDIA_TYPE,
        ...(token !== undefined && { authorization: `Bearer ${token}` }),
        ...(body && { "content-type": AGENT_MEDIA_TYPE }),
      },
    });
    call.end(body && JSON.stringify(body));
    return answerOf(call);
  }

  close(): void {
    this.agent.destroy();
  }
}

async function answerOf(call: ClientRequest): Promise<TlsAnswer> {
  const response = await new Promise<IncomingMessage>((resolve, reject) => {
    call.once("response", resolve).once("error", reject);
  });
  const socket = call.socket as TLSSocket;
  const { serialNumber, issuer } = socket.getPeerCertificate();
  const chunks: Buffer[] = [];
  for await (const chunk of response) chunks.push(chunk as Buffer);
  const text = Buffer.concat(chunks).toString();
  return {
    socket,
    serverSerial: serialNumber,
    serverIssuer: String(issuer.CN),
    status: response.statusCode ?? 0,
    closes: response.headers.connection === "close",
    challenge: response.headers["www-authenticate"],
    body: parsed(text),
  };
}

function parsed(text: string): Readonly<Record<string, unknown>> {
  try {
    return JSON.parse(text) as Readonly<Record<string, unknown>>;
  } catch {
    return { text };
  }
}
