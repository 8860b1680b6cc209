import { X509Certificate } from "node:crypto";
import { readFileSync } from "node:fs";
import {
  ConfigurationError,
  type Environment,
  type EnvironmentVariable,
  readFlag,
} from "@vworkspace/kernel";

/** How the agent reaches its control plane, and whom it trusts on the way. */
export interface ConnectionSettings {
  /** PEM, in place of the public certificates. */
  readonly ca?: string;
  /** URLs may hold a password: never told. `httpProxy` is for an http:// control plane; noProxy: names after commas. */
  readonly proxy?: {
    readonly httpProxy: string;
    readonly httpsProxy: string;
    readonly noProxy: string;
  };
}

export const CONNECTION_ENVIRONMENT: readonly EnvironmentVariable[] = [
  {
    name: "VWORKSPACE_CA_FILE",
    default: "the public certificates",
    description:
      "File of certificates (PEM) of which one must have signed the gateway's; those that the gateway gives at registration and rotation are trusted beside it.",
  },
  {
    name: "VWORKSPACE_ALLOW_PLAINTEXT",
    default: "false",
    description:
      "Whether CONTROL_PLANE_ENDPOINT may be http:// elsewhere than on the loopback.",
  },
  {
    name: "HTTPS_PROXY",
    default: "none",
    isSecret: true,
    description:
      "Proxy to the gateway (CONNECT), http://USER:PASSWORD@HOST:PORT; in lower case it goes first. Nothing on the loopback is reached by a proxy.",
  },
  {
    name: "HTTP_PROXY",
    default: "none",
    isSecret: true,
    description:
      "Proxy for an http:// gateway, and for an https:// one where HTTPS_PROXY isn't set.",
  },
  {
    name: "NO_PROXY",
    default: "none",
    description: "Hosts that are reached without a proxy, after commas.",
  },
];

/** @throws ConfigurationError where the connection would not be what it seems */
export function readConnection(
  environment: Environment,
  endpoint: string,
): ConnectionSettings {
  refuseUnverified(environment);
  refusePlaintext(environment, endpoint);
  const file = environment["VWORKSPACE_CA_FILE"] || undefined;
  const proxy = isLoopback(new URL(endpoint).hostname)
    ? undefined
    : readProxy(environment);
  return {
    ...(file !== undefined && { ca: readCertificates(file) }),
    ...(proxy && { proxy }),
  };
}

function refuseUnverified(environment: Environment): void {
  if (environment["NODE_TLS_REJECT_UNAUTHORIZED"] !== "0") return;
  throw new ConfigurationError(
    "NODE_TLS_REJECT_UNAUTHORIZED is 0, which would let anybody pose as the gateway: unset it, and name the issuer of the gateway's certificate in VWORKSPACE_CA_FILE.",
  );
}

function refusePlaintext(environment: Environment, endpoint: string): void {
  const { protocol, hostname } = new URL(endpoint);
  if (protocol === "https:" || isLoopback(hostname)) return;
  if (readFlag(environment, "VWORKSPACE_ALLOW_PLAINTEXT")) return;
  throw new ConfigurationError(
    `CONTROL_PLANE_ENDPOINT is "${endpoint}", over which everybody on the way reads the credential: give an https:// URL, or set VWORKSPACE_ALLOW_PLAINTEXT=true where the way is protected otherwise.`,
  );
}

/** As the URL parser writes it: any spelling of an IPv4 address comes as four numbers. */
function isLoopback(hostname: string): boolean {
  return (
    hostname === "localhost" ||
    hostname === "[::1]" ||
    /^127(?:\.\d{1,3}){3}$/.test(hostname)
  );
}

function readCertificates(file: string): string {
  try {
    const text = readFileSync(file, "utf8");
    const certificates = text.match(
      /-----BEGIN CERTIFICATE-----[^-]+-----END CERTIFICATE-----/g,
    );
    if (certificates === null) throw new Error("no certificate in it");
    for (const pem of certificates) new X509Certificate(pem);
    return text;
  } catch {
    throw new ConfigurationError(
      `VWORKSPACE_CA_FILE is "${file}", which holds no certificates that can be read: give a file of PEM certificates.`,
    );
  }
}

function readProxy(environment: Environment): ConnectionSettings["proxy"] {
  const either = (name: string) =>
    environment[name.toLowerCase()] || environment[name] || "";
  const httpsProxy = either("HTTPS_PROXY");
  const httpProxy = either("HTTP_PROXY");
  if (httpsProxy === "" && httpProxy === "") return undefined;
  for (const [name, url] of [
    ["HTTPS_PROXY", httpsProxy],
    ["HTTP_PROXY", httpProxy],
  ] as const)
    if (url !== "" && !/^https?:\/\//.test(url.toLowerCase()))
      throw new ConfigurationError(
        `${name} is no URL of a proxy: give http://HOST:PORT.`,
      );
  return { httpProxy, httpsProxy, noProxy: either("NO_PROXY") };
}
