import { readFile } from "node:fs/promises";
import type { IncomingMessage, ServerResponse } from "node:http";
import { createServer, type Server, type ServerOptions } from "node:https";
import type { Socket } from "node:net";
import { createSecureContext } from "node:tls";
import type { FastifyReply, FastifyRequest } from "fastify";
import type { CertificateService } from "../../trust/certificates/certificate.service";

/** How soon a file that was changed, or a step of the CA's rotation, counts here. */
const RELOAD_MS = 1000;
/** A certificate of our own CA is renewed when this much of its life is over. */
const RENEW_AT = 2 / 3;

export interface AgentListenerOptions {
  readonly host: string;
  readonly port: number;
  readonly hostNames: readonly string[];
  readonly tlsFiles:
    { readonly certificate: string; readonly key: string } | undefined;
  readonly tlsMin: "TLSv1.2" | "TLSv1.3";
  /** Limits of requests and connections, as on the people's port. */
  readonly server: ServerOptions & { readonly keepAliveTimeout: number };
}

interface Log {
  info(facts: object, sentence: string): void;
  warn(facts: object, sentence: string): void;
}

/** What the listener shows and trusts; `version` changes with any of it. */
interface Material {
  readonly version: string;
  readonly cert: string;
  readonly key: string;
  /** Names of these are told to clients, so that they choose their certificate by them. */
  readonly ca: string[];
}

/**
 * A second server, with TLS, in front of the same routes. It asks for a client certificate and refuses no handshake: who may
 * do what is judged with each request. A reload drops no connection; those from before it close after their next response.
 */
export class AgentListener {
  private server: Server | undefined;
  private material: Material | undefined;
  private own:
    { readonly renewAt: number; readonly material: Material } | undefined;
  private timer: NodeJS.Timeout | undefined;
  private reloading: Promise<void> | undefined;
  private readonly versions = new WeakMap<Socket, string>();

  constructor(
    private readonly certificates: CertificateService,
    private readonly options: AgentListenerOptions,
    private readonly log: Log,
  ) {}

  /** @returns the port. @throws Error for files that can't be used, an address that is in use */
  async listen(
    handle: (request: IncomingMessage, response: ServerResponse) => void,
    prepare: (server: Server) => void,
  ): Promise<number> {
    const material = await this.read();
    const server = createServer(
      {
        ...this.options.server,
        ...this.secureOptions(material),
        requestCert: true,
        rejectUnauthorized: false,
      },
      handle,
    );
    server.keepAliveTimeout = this.options.server.keepAliveTimeout;
    this.server = server;
    this.material = material;
    server.on("secureConnection", (socket) =>
      this.versions.set(socket, this.material?.version ?? ""),
    );
    prepare(server);
    const { host, port } = this.options;
    await new Promise<void>((resolve, reject) => {
      server.once("error", reject);
      server.listen({ host, port, backlog: 4096 }, resolve);
    });
    this.timer = setInterval(() => void this.reload(), RELOAD_MS);
    this.timer.unref();
    return (server.address() as { port: number }).port;
  }

  /** Tells a connection from before the last change to close after this response. */
  readonly closeOutdated = (
    request: FastifyRequest,
    reply: FastifyReply,
    payload: unknown,
    done: (error: null, payload: unknown) => void,
  ): void => {
    const version = this.versions.get(request.raw.socket);
    if (version !== undefined && version !== this.material?.version)
      void reply.header("connection", "close");
    done(null, payload);
  };

  /** Looks whether anything has changed; what can't be used is logged, and what stood before goes on. */
  reload(): Promise<void> {
    this.reloading ??= this.replace().finally(
      () => (this.reloading = undefined),
    );
    return this.reloading;
  }

  async close(): Promise<void> {
    clearInterval(this.timer);
    await this.reloading;
    const { server } = this;
    if (!server?.listening) return;
    await new Promise<void>((resolve) => {
      server.close(() => resolve());
      server.closeIdleConnections();
    });
  }

  private async replace(): Promise<void> {
    try {
      const material = await this.read();
      if (material.version === this.material?.version) return;
      // With the whole set: what is left out would fall back to Node's own choice.
      this.server?.setSecureContext(this.secureOptions(material));
      this.material = material;
      this.log.info(
        { event: "agent_tls_reloaded" },
        "The agents' listener shows and trusts what was changed",
      );
    } catch (error) {
      this.log.warn(
        { err: error },
        "The agents' listener could not be changed: it goes on as before",
      );
    }
  }

  private secureOptions({ cert, key, ca }: Material) {
    return { cert, key, ca, minVersion: this.options.tlsMin };
  }

  private async read(): Promise<Material> {
    const { version, trusted } = await this.certificates.current();
    const ca = trusted.map(({ certificate }) => certificate.toString());
    const { tlsFiles } = this.options;
    if (!tlsFiles) return this.readOwn(version, ca);
    const [cert, key] = await Promise.all([
      readFile(tlsFiles.certificate, "utf8"),
      readFile(tlsFiles.key, "utf8"),
    ]);
    // A pair of which one half has been written so far is refused here, before it counts.
    createSecureContext({ cert, key });
    return { version: `${version}\n${cert}`, cert, key, ca };
  }

  private async readOwn(version: string, ca: string[]): Promise<Material> {
    const now = Date.now();
    const { own } = this;
    if (own?.material.version.startsWith(`${version}\n`))
      if (now < own.renewAt) return own.material;
    const { chainPem, keyPem, serial, expiresAt } =
      await this.certificates.signServerCertificate(this.options.hostNames);
    const material = {
      version: `${version}\n${serial}`,
      cert: chainPem,
      key: keyPem,
      ca,
    };
    const renewAt = now + (expiresAt.getTime() - now) * RENEW_AT;
    this.own = { renewAt, material };
    return material;
  }
}
