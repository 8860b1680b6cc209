import { getCACertificates, rootCertificates } from "node:tls";
import { Agent, type Dispatcher, EnvHttpProxyAgent } from "undici";
import type { ConnectionSettings } from "../../connection-settings";

/** What is the same for every connection. Each request has a deadline of its own; a long poll is silent for most of it. */
const OPTIONS = { keepAliveTimeout: 60_000, headersTimeout: 0, bodyTimeout: 0 };

/**
 * The connections to the control plane: TLS 1.2 or newer, verified against the certificates of VWORKSPACE_CA_FILE (without
 * it: the public ones) and those that the control plane gave, through the proxy where there is one.
 */
export class Connections {
  private current: Dispatcher | undefined;
  private bundle: string | undefined;
  /** Superseded ones with requests under way. */
  private readonly closing = new Set<Dispatcher>();

  /** @param caBundle PEM that the control plane gave, as it is now */
  constructor(
    private readonly settings: ConnectionSettings,
    private readonly caBundle: () => string | undefined,
  ) {}

  /** For a new request. Another bundle gets connections of its own; requests on the old ones end there. */
  get dispatcher(): Dispatcher {
    const bundle = this.caBundle();
    if (this.current !== undefined && bundle === this.bundle)
      return this.current;
    const old = this.current;
    this.bundle = bundle;
    this.current = this.open(bundle);
    if (old !== undefined) this.retire(old);
    return this.current;
  }

  async close(): Promise<void> {
    const all = [...this.closing, ...(this.current ? [this.current] : [])];
    await Promise.all(all.map((dispatcher) => dispatcher.destroy()));
  }

  private retire(old: Dispatcher): void {
    this.closing.add(old);
    const forget = () => this.closing.delete(old);
    old.close().then(forget, forget);
  }

  private open(bundle: string | undefined): Dispatcher {
    const { ca, proxy } = this.settings;
    const tls = {
      timeout: 10_000,
      minVersion: "TLSv1.2",
      rejectUnauthorized: true,
      ...trusted(ca, bundle),
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
