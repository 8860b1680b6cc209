import type { AgentOptions, RequestOptions } from "node:https";
import { KubeConfig } from "@kubernetes/client-node";
import { type Clock, DomainError, SystemClock } from "@vworkspace/kernel";
import {
  Agent,
  type buildConnector,
  type Dispatcher,
  ProxyAgent,
} from "undici";

/** TLS options as Node and undici both write them; only their declared types differ. */
type TlsOptions = buildConnector.BuildOptions;

/** Everything a request needs besides itself. */
export interface KubeAccess {
  /** Of the API server; its path, if it has one, goes in front of every request's. */
  readonly server: URL;
  readonly headers: Readonly<Record<string, string>>;
  readonly dispatcher: Dispatcher;
}

/** A rejected credential is loaded again at most so often, so that a wrong one does not run an exec plugin per request. */
const RELOAD_MS = 10_000;
/** Shorter than the API server's own 90 s, so that a socket isn't reused while the server closes it. */
const IDLE_SOCKET_MS = 30_000;
const LOOPBACK = /^(?:localhost|127(?:\.\d{1,3}){3}|\[::1\])$/;

/**
 * The credentials of a KubeConfig, current at every request: bearer tokens from files and exec plugins are renewed by the
 * package itself, and sockets are replaced when a certificate changes.
 */
export class KubeCredentials {
  private config: KubeConfig;
  private loadedAt: number;
  private isRejected = false;
  private isClosed = false;
  /** Sockets of an earlier certificate that still have a request under way. */
  private readonly retired = new Set<Dispatcher>();
  private sockets: { tls: string; dispatcher: Dispatcher } | undefined;

  /** @param load reads the configuration; called at once, and again after the API server rejected its credentials */
  constructor(
    private readonly load: () => KubeConfig,
    private readonly clock: Clock = new SystemClock(),
  ) {
    this.config = load();
    this.loadedAt = clock.monotonic();
  }

  async current(): Promise<KubeAccess> {
    if (this.isClosed) throw new Error("The connection is closed.");
    if (this.isRejected && this.clock.monotonic() - this.loadedAt >= RELOAD_MS)
      this.reload();
    const options: RequestOptions = {};
    await this.config.applyToHTTPSOptions(options);
    return {
      server: serverOf(this.config),
      headers: headersOf(options),
      dispatcher: this.dispatcherFor(options),
    };
  }

  /** The API server answered 401. */
  reject(): void {
    this.isRejected = true;
  }

  /** Ends every request under way; there are none afterwards. */
  async close(): Promise<void> {
    this.isClosed = true;
    const dispatchers = [...this.retired];
    if (this.sockets !== undefined) dispatchers.push(this.sockets.dispatcher);
    await Promise.all(dispatchers.map((dispatcher) => dispatcher.destroy()));
  }

  private reload(): void {
    this.config = this.load();
    this.loadedAt = this.clock.monotonic();
    this.isRejected = false;
  }

  private dispatcherFor(options: RequestOptions): Dispatcher {
    const { ca, cert, key, rejectUnauthorized, servername } = options;
    const tls = JSON.stringify([ca, cert, key, rejectUnauthorized, servername]);
    if (this.sockets?.tls === tls) return this.sockets.dispatcher;
    if (this.sockets !== undefined) this.retire(this.sockets.dispatcher);
    const dispatcher = openSockets(this.config, options);
    this.sockets = { tls, dispatcher };
    return dispatcher;
  }

  /** Requests under way may end: a watch goes on until the server ends it. */
  private retire(dispatcher: Dispatcher): void {
    this.retired.add(dispatcher);
    void dispatcher
      .close()
      .catch(() => undefined)
      .finally(() => this.retired.delete(dispatcher));
  }
}

/** @throws DomainError where the file or the context can't be used; it quotes nothing of the file */
export function readKubeConfig(
  file: string,
  context: string | undefined,
): KubeConfig {
  const config = new KubeConfig();
  try {
    config.loadFromFile(file);
  } catch (error) {
    // A YAML parser's message shows the lines around the mistake, which may be a token.
    const code = (error as NodeJS.ErrnoException).code;
    throw invalid(
      `kubeconfig ${file} can't be read (${code ?? "it is no complete kubeconfig"}): name another file.`,
    );
  }
  if (context !== undefined) config.setCurrentContext(context);
  if (config.getCurrentCluster() === null)
    throw invalid(`kubeconfig ${file} ${contextProblem(config)}`);
  return checked(config);
}

function contextProblem(config: KubeConfig): string {
  const names = config.getContexts().map((context) => context.name);
  if (names.length === 0) return "holds no context: name another file.";
  const name = config.getCurrentContext();
  return name
    ? `has no context ${JSON.stringify(name)} with a cluster: name one of ${names.join(", ")}.`
    : `has no current context: name one of ${names.join(", ")}.`;
}

/** @throws DomainError outside a pod */
export function readPodConfig(): KubeConfig {
  const config = new KubeConfig();
  config.loadFromCluster();
  return checked(config);
}

function checked(config: KubeConfig): KubeConfig {
  const server = serverOf(config);
  const cluster = config.getCurrentCluster();
  if (cluster?.proxyUrl?.startsWith("socks"))
    throw invalid(
      "The kubeconfig's proxy-url names a SOCKS proxy, which is not supported: name an HTTP proxy.",
    );
  // The package takes plain HTTP only where TLS is not to be verified; on the own machine there is nothing to verify.
  if (server.protocol === "http:" && LOOPBACK.test(server.hostname))
    config.clusters = config.clusters.map((other) =>
      other === cluster ? { ...other, skipTLSVerify: true } : other,
    );
  return config;
}

function serverOf(config: KubeConfig): URL {
  const server = config.getCurrentCluster()?.server ?? "";
  if (URL.canParse(server)) return new URL(server);
  // In a pod the address comes from the environment; elsewhere the package makes "undefined" of it.
  throw invalid(
    "There is no address of an API server: run in a pod, or name a kubeconfig whose cluster has a server.",
  );
}

function headersOf(options: RequestOptions): Record<string, string> {
  const headers: Record<string, string> = {};
  for (const [name, value] of Object.entries(options.headers ?? {}))
    headers[name.toLowerCase()] = String(value).trim();
  if (typeof options.auth === "string")
    headers.authorization = `Basic ${Buffer.from(options.auth).toString("base64")}`;
  return headers;
}

function openSockets(config: KubeConfig, options: RequestOptions): Dispatcher {
  const sockets = config.createDispatcherOptions(
    config.getCurrentCluster(),
    options as AgentOptions,
  );
  const shared = { allowH2: false, keepAliveTimeout: IDLE_SOCKET_MS };
  if (sockets.type === "proxy") {
    const requestTls = { ...sockets.requestTls, allowH2: false } as TlsOptions;
    return new ProxyAgent({ ...shared, uri: sockets.uri, requestTls });
  }
  if (sockets.type === "agent")
    return new Agent({ ...shared, connect: sockets.connect as TlsOptions });
  return new Agent(shared);
}

function invalid(message: string): DomainError {
  return new DomainError("invalid_request", message);
}
