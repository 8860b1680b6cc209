import { readFileSync } from "node:fs";
import {
  ConfigurationError,
  type Environment,
  type EnvironmentVariable,
  isLoopback,
  readWholeNumber,
} from "@vworkspace/kernel";
import type { OpenIdClientOptions } from "./trust/people/open-id-options";

const MOST_HOURS = 720;

/** Variables about people who sign in at an OpenID provider (docs/oidc.md). */
export const OIDC_ENVIRONMENT: readonly EnvironmentVariable[] = [
  {
    name: "VWORKSPACE_OIDC_ISSUER",
    default: "nobody signs in this way",
    description:
      "OpenID provider that people sign in at, by its issuer URL: https, or http on this machine.",
  },
  {
    name: "VWORKSPACE_OIDC_CLIENT_ID",
    description: "The gateway's name at that provider.",
  },
  {
    name: "VWORKSPACE_OIDC_CLIENT_SECRET_FILE",
    default: "a public client",
    description:
      "File with the gateway's secret at that provider, read anew for each sign-in.",
  },
  {
    name: "VWORKSPACE_OIDC_SCOPES",
    default: "openid profile email",
    description: "Scopes that are asked for; openid among them.",
  },
  {
    name: "VWORKSPACE_OIDC_SESSION_HOURS",
    default: "12",
    description: `How long somebody stays signed in, at most ${MOST_HOURS}.`,
  },
];

export interface OidcConfig {
  readonly oidc: OpenIdClientOptions | undefined;
}

/** @throws ConfigurationError naming variable, value and remedy */
export function readOidcConfig(
  environment: Environment,
  publicUrl: string | undefined,
): OidcConfig {
  const text = environment["VWORKSPACE_OIDC_ISSUER"];
  if (!text) return { oidc: refuseLeftovers(environment) };
  return {
    oidc: {
      issuer: readIssuer(text),
      clientId: requireSet(environment, "VWORKSPACE_OIDC_CLIENT_ID"),
      clientSecretFile: readSecretFile(environment),
      scopes: readScopes(environment),
      sessionSeconds: readHours(environment) * 3600,
      publicUrl: requireRoot(publicUrl),
    },
  };
}

/** Somebody who sets the others meant to set the issuer too. */
function refuseLeftovers(environment: Environment): undefined {
  const { name } =
    OIDC_ENVIRONMENT.find((variable) => environment[variable.name]) ?? {};
  if (name === undefined) return undefined;
  throw new ConfigurationError(
    `${name} is set and VWORKSPACE_OIDC_ISSUER is not: set the issuer too, or unset both.`,
  );
}

function readIssuer(text: string): string {
  const url = URL.canParse(text) ? new URL(text) : undefined;
  if (url !== undefined && isSafe(url) && isPlain(url)) return text;
  throw new ConfigurationError(
    `VWORKSPACE_OIDC_ISSUER is "${text}": give the provider's issuer URL as https://login.example.com, without /.well-known/…, query and user.`,
  );
}

function isSafe({ protocol, hostname }: URL): boolean {
  const isHere = isLoopback(hostname.replace(/^\[|\]$/g, ""));
  return protocol === "https:" || (protocol === "http:" && isHere);
}

function isPlain({ search, hash, username, pathname }: URL): boolean {
  const isBare = search === "" && hash === "" && username === "";
  return isBare && !pathname.includes("/.well-known/");
}

function requireSet(environment: Environment, name: string): string {
  const text = environment[name];
  if (text) return text;
  throw new ConfigurationError(
    `${name} is not set, and VWORKSPACE_OIDC_ISSUER is: register the gateway at the provider and give the client's id.`,
  );
}

/** Cookies with __Host- and the paths of pages need the root of a host. */
function requireRoot(publicUrl: string | undefined): string {
  if (publicUrl === undefined)
    throw new ConfigurationError(
      "VWORKSPACE_PUBLIC_URL is not set, and VWORKSPACE_OIDC_ISSUER is: give the URL that the provider sends people back to, such as https://gateway.example.com.",
    );
  const url = new URL(publicUrl);
  const { origin } = url;
  if (!isSafe(url))
    throw new ConfigurationError(
      `VWORKSPACE_PUBLIC_URL is "${publicUrl}": people who sign in reach the gateway by https, or by http on this machine.`,
    );
  if (publicUrl.toLowerCase() !== origin)
    throw new ConfigurationError(
      `VWORKSPACE_PUBLIC_URL is "${publicUrl}": for signing in by OpenID give ${origin}, without a path or a default port.`,
    );
  return origin;
}

function readSecretFile(environment: Environment): string | undefined {
  const file = environment["VWORKSPACE_OIDC_CLIENT_SECRET_FILE"] || undefined;
  if (file === undefined) return undefined;
  if (contentOf(file) !== "") return file;
  throw new ConfigurationError(
    `VWORKSPACE_OIDC_CLIENT_SECRET_FILE ${file} can't be read or is empty: write the client's secret into it.`,
  );
}

function contentOf(file: string): string {
  try {
    return readFileSync(file, "utf8").trim();
  } catch {
    return "";
  }
}

function readScopes(environment: Environment): string {
  const text = environment["VWORKSPACE_OIDC_SCOPES"] || "openid profile email";
  const scopes = text.split(/\s+/).filter(Boolean);
  if (scopes.includes("openid")) return scopes.join(" ");
  throw new ConfigurationError(
    `VWORKSPACE_OIDC_SCOPES is "${text}": openid must be among them.`,
  );
}

function readHours(environment: Environment): number {
  const name = "VWORKSPACE_OIDC_SESSION_HOURS";
  const hours = readWholeNumber(environment, name, 12);
  if (hours <= MOST_HOURS) return hours;
  throw new ConfigurationError(
    `${name} is ${hours}: give at most ${MOST_HOURS}.`,
  );
}
