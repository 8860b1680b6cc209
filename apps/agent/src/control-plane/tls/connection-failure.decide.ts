/** A failure below HTTP that is another's business than the network's. */
export type ConnectionTrouble = "server-certificate";

export interface ConnectionFailure {
  readonly message: string;
  readonly trouble?: ConnectionTrouble;
}

const UNKNOWN_ISSUER =
  "it is signed by nobody whom the agent trusts: give the issuer's certificate in VWORKSPACE_CA_FILE";

/** Node's codes of a verification that failed (node:tls, X509 certificate error codes). */
const SERVER_CERTIFICATE: Readonly<Record<string, string>> = {
  CERT_HAS_EXPIRED: "it has expired",
  CERT_NOT_YET_VALID: "it is not valid yet: is the node's clock right?",
  ERR_TLS_CERT_ALTNAME_INVALID: "it is for another name",
  DEPTH_ZERO_SELF_SIGNED_CERT: UNKNOWN_ISSUER,
  SELF_SIGNED_CERT_IN_CHAIN: UNKNOWN_ISSUER,
  UNABLE_TO_GET_ISSUER_CERT: UNKNOWN_ISSUER,
  UNABLE_TO_GET_ISSUER_CERT_LOCALLY: UNKNOWN_ISSUER,
  UNABLE_TO_VERIFY_LEAF_SIGNATURE: UNKNOWN_ISSUER,
  CERT_SIGNATURE_FAILURE: "its signature is wrong",
  CERT_REVOKED: "it was revoked",
  INVALID_CA: "one of its issuers may not sign certificates",
  INVALID_PURPOSE: "it is not for a server",
};

const OLD_VERSION = /^ERR_SSL_.*(?:PROTOCOL_VERSION|UNSUPPORTED_PROTOCOL)$/;

/** How deep an error may hide the one that says what happened. */
const MAX_CAUSES = 5;

/** What stood between the agent and its control plane, in words that hold no address and no secret. */
export function connectionFailure(error: unknown): ConnectionFailure {
  const causes = causesOf(error);
  const codes = causes.map(({ code }) => code).filter(isText);
  return (
    certificateFailure(codes) ??
    proxyFailure(causes) ?? {
      message: `The control plane can't be reached${codes[0] ? ` (${codes[0]})` : ""}.`,
    }
  );
}

function certificateFailure(
  codes: readonly string[],
): ConnectionFailure | undefined {
  for (const code of codes) {
    const why = Object.hasOwn(SERVER_CERTIFICATE, code)
      ? SERVER_CERTIFICATE[code]
      : undefined;
    if (why !== undefined)
      return {
        trouble: "server-certificate",
        message: `The control plane's certificate is refused (${code}): ${why}.`,
      };
    if (OLD_VERSION.test(code))
      return {
        message: `The control plane offers no TLS 1.2 or newer (${code}).`,
      };
  }
  return undefined;
}

function proxyFailure(
  causes: readonly Failure[],
): ConnectionFailure | undefined {
  for (const { message } of causes) {
    const status = /^Proxy response \((\d{3})\)/.exec(String(message))?.[1];
    if (status === "407")
      return {
        message:
          "The proxy asks for another user name or password (407): give them in the URL of HTTPS_PROXY.",
      };
    if (status !== undefined)
      return {
        message: `The proxy refuses to connect to the control plane (${status}): check HTTPS_PROXY and NO_PROXY.`,
      };
  }
  return undefined;
}

interface Failure {
  readonly code?: unknown;
  readonly message?: unknown;
  readonly cause?: unknown;
}

function causesOf(error: unknown): readonly Failure[] {
  const causes: Failure[] = [];
  let next: unknown = error;
  while (isFailure(next) && causes.length < MAX_CAUSES) {
    causes.push(next);
    next = next.cause;
  }
  return causes;
}

function isFailure(value: unknown): value is Failure {
  return typeof value === "object" && value !== null;
}

function isText(value: unknown): value is string {
  return typeof value === "string";
}
