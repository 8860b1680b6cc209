import { getCACertificates, rootCertificates } from "node:tls";
import { Agent, type Dispatcher, EnvHttpProxyAgent } from "undici";
import type { ConnectionSettings } from "../../connection-settings";
import {
  type ClientCertificate,
  type HeldCertificates,
  NOTHING_HELD,
} from "./held-certificates";

const KEPT = 2;

/** What is the same for every connection. Each request has a deadline of its own; a long poll is silent for most of it. */
const OPTIONS = { keepAliveTimeout: 60_000, headersTimeout: 0, bodyTimeout: 0 };

/**
 * The connections to the control plane: TLS 1.2 or newer, verified against the certificates of VWORKSPACE_CA_FILE (without
 * it: the public ones) and those that the control plane gave, through the proxy where there is one.
 */
export class Connections {
  /** By what they trust and show, the one that was used last at the end. */
  private readonly current = new Map<string, Dispatcher>();
  /** Superseded ones with requests under way. */
  private readonly closing = new Set<Dispatcher>();

  constructor(
    private readonly settings: ConnectionSettings,
    private readonly held: HeldCertificates = NOTHING_HELD,
  ) {}

  /**
   * For a new request with that token. Another bundle, or another client certificate, gets connections of its own; requests on
   * the old ones end there. Two are kept: while one credential takes over from the other both are in use.
   */
  dispatcherFor(token: string): Dispatcher {
    const bundle = this.held.caBundle();
    const client = this.held.clientCertificate(token);
    const key = `${bundle ?? ""}|${client?.chain ?? ""}`;
    const dispatcher = this.current.get(key) ?? this.open(bundle, client);
    this.current.delete(key);
    this.current.set(key, dispatcher);
    this.retireOld();
    return dispatcher;
  }

  async close(): Promise<void> {
    const all = [...this.closing, ...this.current.values()];
    await Promise.all(all.map((dispatcher) => dispatcher.destroy()));
  }

  private retireOld(): void {
    for (const [key, old] of this.current) {
      if (this.current.size <= KEPT) return;
      this.current.delete(key);
      this.closing.add(old);
      const forget = () => this.closing.delete(old);
      old.close().then(forget, forget);
    }
  }

  private open(
    bundle: string | undefined,
    client: ClientCertificate | undefined,
  ): Dispatcher {
    const { ca, proxy } = this.settings;
    const tls = {
      timeout: 10_000,
      minVersion: "TLSv1.2",
      rejectUnauthorized: true,
      ...trusted(ca, bundle),
      ...(client && { cert: client.chain, key: client.key }),
    } as const;
    if (proxy === undefined) return new Agent({ ...OPTIONS, connect: tls });
    return new EnvHttpProxyAgent({
      ...OPTIONS,
      ...proxy,
      connect: tls,
      requestTls: tls,
      proxyTls: tls,
    });
  }
}

/** Nothing where Node's own choice holds. */
function trusted(
  ca: string | undefined,
  bundle: string | undefined,
): { readonly ca?: string[] } {
  if (ca === undefined && bundle === undefined) return {};
  const roots = ca === undefined ? publicRoots() : [ca];
  return { ca: bundle === undefined ? roots : [...roots, bundle] };
}

/** With those of NODE_EXTRA_CA_CERTS, where this Node can tell them. */
function publicRoots(): string[] {
  const read = getCACertificates as typeof getCACertificates | undefined;
  return [...(read?.("default") ?? rootCertificates)];
}
