import {
  ConfigurationError,
  type Environment,
  type EnvironmentVariable,
  readAddress,
  readFlag,
} from "@vworkspace/kernel";
import {
  parseTrustedProxies,
  type TrustedProxies,
} from "./api/http/trusted-proxies";

/** Variables about the agents' TLS listener and client certificates. */
export const AGENT_LISTENER_ENVIRONMENT: readonly EnvironmentVariable[] = [
  {
    name: "VWORKSPACE_AGENT_ADDR",
    default: "none",
    description:
      "Address of a TLS listener for agents, which asks for client certificates. Where it is set, /api/agent is served there only.",
  },
  {
    name: "VWORKSPACE_AGENT_PLAIN",
    default: "false",
    description:
      "Serve /api/agent on VWORKSPACE_HTTP_ADDR also where VWORKSPACE_AGENT_ADDR is set.",
  },
  {
    name: "VWORKSPACE_AGENT_TLS_CERT_FILE",
    default: "a certificate of the agents' CA",
    description:
      "Server certificate of the agents' listener with its chain, PEM; read anew when it changes.",
  },
  {
    name: "VWORKSPACE_AGENT_TLS_KEY_FILE",
    description: "Its private key, PEM.",
  },
  {
    name: "VWORKSPACE_AGENT_HOSTNAMES",
    default: "localhost and the host of VWORKSPACE_AGENT_ADDR",
    description:
      "Names and addresses by which agents reach the listener, separated by commas: of the certificate that the agents' CA issues.",
  },
  {
    name: "VWORKSPACE_AGENT_TLS_MIN",
    default: "1.3",
    description: "Lowest TLS version of the agents' listener: 1.3 or 1.2.",
  },
  {
    name: "VWORKSPACE_AGENT_CA_CERT_FILE",
    default: "a CA in the database",
    description:
      "CA that signs agents' certificates, PEM; certificates after the first are trusted too. Read anew when it changes.",
  },
  {
    name: "VWORKSPACE_AGENT_CA_KEY_FILE",
    description: "Its private key: P-256, PKCS#8, PEM.",
  },
  {
    name: "VWORKSPACE_TRUST_DOMAIN",
    default: "vworkspace",
    description:
      "DOMAIN of the agents' names in certificates: spiffe://DOMAIN/cluster/ID.",
  },
  {
    name: "VWORKSPACE_TRUSTED_PROXIES",
    default: "none",
    description:
      "Addresses and networks of proxies whose word about their clients counts, separated by commas.",
  },
  {
    name: "VWORKSPACE_CLIENT_CERT_HEADER",
    default: "none",
    description:
      "Header in which a proxy of VWORKSPACE_TRUSTED_PROXIES hands over the client's certificate: client-cert (RFC 9440) or x-forwarded-client-cert (Envoy). The proxy has to drop what clients send under that name.",
  },
];

export const CERTIFICATE_HEADERS = [
  "client-cert",
  "x-forwarded-client-cert",
] as const;
export type CertificateHeader = (typeof CERTIFICATE_HEADERS)[number];

/** A certificate and its key. */
export interface PemFiles {
  readonly certificate: string;
  readonly key: string;
}

export interface AgentListenerConfig {
  readonly agents: {
    readonly address:
      { readonly host: string; readonly port: number } | undefined;
    readonly isPlainServed: boolean;
    readonly tlsFiles: PemFiles | undefined;
    readonly hostNames: readonly string[];
    readonly tlsMin: "TLSv1.2" | "TLSv1.3";
    readonly caFiles: PemFiles | undefined;
    readonly trustDomain: string;
    readonly certificateHeader: CertificateHeader | undefined;
    readonly trustedProxies: TrustedProxies;
  };
}

/** @throws ConfigurationError naming variable, value and remedy */
export function readAgentListenerConfig(
  environment: Environment,
): AgentListenerConfig {
  const address = environment["VWORKSPACE_AGENT_ADDR"]
    ? readAddress(environment, "VWORKSPACE_AGENT_ADDR", "0.0.0.0:8443")
    : undefined;
  return {
    agents: {
      address,
      isPlainServed:
        !address || readFlag(environment, "VWORKSPACE_AGENT_PLAIN"),
      tlsFiles: readPair(environment, "VWORKSPACE_AGENT_TLS"),
      hostNames: readHostNames(environment, address?.host),
      tlsMin:
        readOneOf(environment, "VWORKSPACE_AGENT_TLS_MIN", {
          "1.3": "TLSv1.3",
          "1.2": "TLSv1.2",
        } as const) ?? "TLSv1.3",
      caFiles: readPair(environment, "VWORKSPACE_AGENT_CA"),
      trustDomain: readDomain(environment),
      trustedProxies: parseTrustedProxies(
        environment["VWORKSPACE_TRUSTED_PROXIES"] ?? "",
      ),
      certificateHeader: readOneOf(
        environment,
        "VWORKSPACE_CLIENT_CERT_HEADER",
        {
          "client-cert": "client-cert",
          "x-forwarded-client-cert": "x-forwarded-client-cert",
        } as const,
      ),
    },
  };
}

function readPair(
  environment: Environment,
  prefix: string,
): PemFiles | undefined {
  const certificate = environment[`${prefix}_CERT_FILE`] || undefined;
  const key = environment[`${prefix}_KEY_FILE`] || undefined;
  if (certificate !== undefined && key !== undefined)
    return { certificate, key };
  if (certificate === undefined && key === undefined) return undefined;
  throw new ConfigurationError(
    `Set ${prefix}_CERT_FILE and ${prefix}_KEY_FILE together, or neither.`,
  );
}

function readHostNames(
  environment: Environment,
  host: string | undefined,
): readonly string[] {
  const text = environment["VWORKSPACE_AGENT_HOSTNAMES"];
  const names = (text || `localhost,${host ?? ""}`)
    .split(",")
    .map((name) => name.trim().toLowerCase())
    .filter((name) => name !== "" && name !== "0.0.0.0" && name !== "::");
  const wrong = names.find((name) => !/^[a-z0-9*.:-]{1,253}$/.test(name));
  if (wrong === undefined) return [...new Set(names)];
  throw new ConfigurationError(
    `VWORKSPACE_AGENT_HOSTNAMES has "${wrong}": give host names and addresses such as agents.example.com, separated by commas.`,
  );
}

function readOneOf<T extends string>(
  environment: Environment,
  name: string,
  values: Readonly<Record<string, T>>,
): T | undefined {
  const text = environment[name];
  if (!text) return undefined;
  const found = Object.hasOwn(values, text) ? values[text] : undefined;
  if (found !== undefined) return found;
  throw new ConfigurationError(
    `${name} is "${text}": use ${Object.keys(values).join(" or ")}.`,
  );
}

function readDomain(environment: Environment): string {
  const text = environment["VWORKSPACE_TRUST_DOMAIN"] || "vworkspace";
  if (/^[a-z0-9._-]{1,255}$/.test(text)) return text;
  throw new ConfigurationError(
    `VWORKSPACE_TRUST_DOMAIN is "${text}": use lower-case letters, digits, dots, hyphens and underscores.`,
  );
}
