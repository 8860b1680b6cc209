import {
  ConfigurationError,
  type Environment,
  type EnvironmentVariable,
  readWholeNumber,
} from "@vworkspace/kernel";
import { readUrls } from "./read-url";
import {
  TOKEN_ALGORITHMS,
  type TokenAlgorithm,
} from "./trust/identity/token-options";

const DAY_SECONDS = 24 * 3600;

/** Variables about tokens and keys. */
export const TRUST_ENVIRONMENT: readonly EnvironmentVariable[] = [
  {
    name: "VWORKSPACE_AGENT_URLS",
    default: "none",
    description:
      "Other URLs under which agents reach the gateway, separated by commas: a DPoP proof has to be for one of them or the public one.",
  },
  {
    name: "VWORKSPACE_ISSUER",
    default: "VWORKSPACE_PUBLIC_URL",
    description:
      "`iss` of cluster tokens. After a change, tokens with the former one stay valid.",
  },
  {
    name: "VWORKSPACE_TOKEN_ALGORITHM",
    default: "EdDSA",
    description:
      "EdDSA (Ed25519) or ES256: of new signing keys. A change makes a rotation due.",
  },
  {
    name: "VWORKSPACE_SIGNING_KEY_DAYS",
    default: "90",
    description: "How long a key signs cluster tokens before the next does.",
  },
  {
    name: "VWORKSPACE_TRUST_FILE",
    default: "trust.sealed beside the master key",
    description:
      "Copy of signing keys and revocations outside the database, on a disk that outlives it and that the gateway may write.",
  },
];

export interface TrustConfig {
  readonly agentUrls: readonly string[];
  readonly issuer: string | undefined;
  readonly tokenAlgorithm: TokenAlgorithm;
  readonly signingKeySeconds: number;
  readonly trustFile: string | undefined;
}

/** @throws ConfigurationError naming variable, value and remedy */
export function readTrustConfig(environment: Environment): TrustConfig {
  return {
    agentUrls: readUrls(environment, "VWORKSPACE_AGENT_URLS"),
    issuer: environment["VWORKSPACE_ISSUER"] || undefined,
    tokenAlgorithm: readAlgorithm(environment),
    signingKeySeconds:
      readWholeNumber(environment, "VWORKSPACE_SIGNING_KEY_DAYS", 90) *
      DAY_SECONDS,
    trustFile: environment["VWORKSPACE_TRUST_FILE"] || undefined,
  };
}

function readAlgorithm(environment: Environment): TokenAlgorithm {
  const text = environment["VWORKSPACE_TOKEN_ALGORITHM"] || "EdDSA";
  const found = TOKEN_ALGORITHMS.find((algorithm) => algorithm === text);
  if (found) return found;
  throw new ConfigurationError(
    `VWORKSPACE_TOKEN_ALGORITHM is "${text}": use ${TOKEN_ALGORITHMS.join(" or ")}.`,
  );
}
