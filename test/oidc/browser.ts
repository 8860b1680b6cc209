const MOST_REDIRECTS = 15;

/** What a browser shows in the end. */
export interface Shown {
  /** Where that is, as the address bar has it. */
  readonly url: URL;
  readonly status: number;
  readonly headers: Headers;
  readonly text: string;
  /** Every address on the way, the last one included. */
  readonly visited: readonly string[];
}

interface Visit {
  readonly method?: "GET" | "POST";
  readonly headers?: Readonly<Record<string, string>>;
  /** What a form of the page before sends. */
  readonly form?: Readonly<Record<string, string>>;
  /** Stop at the first address that fits, without asking for it. */
  readonly until?: (url: URL) => boolean;
}

interface Asked {
  readonly method: string;
  readonly form: Visit["form"];
  readonly headers: Visit["headers"];
}

/**
 * As much of a browser as signing in takes: cookies by host, redirects, the headers that say where a request comes from. It
 * reaches the gateway under its public name, as through a proxy that ends TLS.
 */
export class Browser {
  private readonly jar = new Map<string, Map<string, string>>();

  /** @param names origins that people know, and where they really are */
  constructor(private readonly names: ReadonlyMap<string, string>) {}

  async go(address: string | URL, visit: Visit = {}): Promise<Shown> {
    const visited: string[] = [];
    let url = new URL(address);
    let { method = "GET", form } = visit;
    for (let hops = 0; hops < MOST_REDIRECTS; hops += 1) {
      visited.push(url.href);
      if (visit.until?.(url))
        return { url, status: 0, headers: new Headers(), text: "", visited };
      const { headers: sent } = visit;
      const response = await this.ask(url, { method, form, headers: sent });
      const { status, headers } = response;
      const location = headers.get("location");
      if (location === null || status < 300 || status > 399)
        return { url, status, headers, text: await response.text(), visited };
      await response.arrayBuffer();
      url = new URL(location, url);
      method = "GET";
      form = undefined;
    }
    throw new Error(`There was no end of redirects:\n${visited.join("\n")}`);
  }

  /** A cookie of the host by its name's end. */
  cookie(host: string, end: string): string | undefined {
    const [pair] = [...this.cookiesOf(new URL(host))].filter(([name]) =>
      name.endsWith(end),
    );
    return pair?.[1];
  }

  setCookie(host: string, end: string, value: string): void {
    const cookies = this.cookiesOf(new URL(host));
    for (const name of cookies.keys())
      if (name.endsWith(end)) cookies.set(name, value);
  }

  forget(host: string): void {
    this.cookiesOf(new URL(host)).clear();
  }

  private async ask(
    url: URL,
    { method, form, headers }: Asked,
  ): Promise<Response> {
    const origin = this.names.get(url.origin) ?? url.origin;
    const cookies = this.cookiesOf(url);
    const response = await fetch(`${origin}${url.pathname}${url.search}`, {
      method,
      redirect: "manual",
      ...(form && { body: new URLSearchParams({ ...form }) }),
      headers: {
        accept: "text/html",
        ...(cookies.size > 0 && {
          cookie: [...cookies].map((pair) => pair.join("=")).join("; "),
        }),
        ...headers,
      },
    });
    for (const line of response.headers.getSetCookie()) keep(cookies, line);
    return response;
  }

  private cookiesOf({ origin }: URL): Map<string, string> {
    const cookies = this.jar.get(origin) ?? new Map<string, string>();
    this.jar.set(origin, cookies);
    return cookies;
  }
}

function keep(cookies: Map<string, string>, line: string): void {
  const [, name = "", value = ""] = /^([^=]+)=([^;]*)/.exec(line) ?? [];
  const isGone =
    /;\s*max-age=0/i.test(line) || /;\s*expires=thu, 01 jan 1970/i.test(line);
  if (isGone) cookies.delete(name);
  else cookies.set(name, value);
}
