import { TLSSocket } from "node:tls";
import { DomainError } from "@vworkspace/kernel";
import type { FastifyReply, FastifyRequest } from "fastify";
import type { PresentedProof } from "../../fleet/clusters/domain/presented-proof";
import type { CertificateService } from "../../trust/certificates/certificate.service";
import { refuse } from "../http/refuse";
import type { TrustedProxies } from "../http/trusted-proxies";
import {
  readClientCert,
  readForwardedClientCert,
} from "./certificate-header.decide";

declare module "fastify" {
  interface FastifyRequest {
    /** The client certificate, where one came that counts now. */
    presentedCertificate?: PresentedProof["certificate"];
    /** Why one that came doesn't count, as a sentence. */
    certificateProblem?: string;
  }
}

const READERS = {
  "client-cert": readClientCert,
  "x-forwarded-client-cert": readForwardedClientCert,
} as const;

export interface CertificateSources {
  readonly header: keyof typeof READERS | undefined;
  readonly isTrustedProxy: TrustedProxies;
}

/** What agents are served by, as the routes are matched. */
const AGENT_ROUTE = /^\/api\/agent(\/|$)/;
const TLS_ROUTE =
  /^\/(api\/agent(\/.*)?|\.well-known\/jwks\.json|health\/(live|ready))$/;

/** Keeps the agents' routes to the agents' listener, and the people's from it. */
export function listenerHook(
  isPlainServed: boolean,
): (request: FastifyRequest, reply: FastifyReply, done: () => void) => void {
  return (request, reply, done) => {
    // By the route that was matched, not by the path: that can be written in many ways.
    const route = request.routeOptions.url ?? "";
    const isServed = isOverTls(request)
      ? TLS_ROUTE.test(route)
      : isPlainServed || !AGENT_ROUTE.test(route);
    if (isServed) return done();
    const error = new DomainError(
      "not_found",
      "There is nothing at this path and method.",
    );
    refuse(error, request, reply);
  };
}

/**
 * Looks at the client certificate of a request to an agents' route: each time anew, since it may have been revoked, or its CA
 * distrusted, while the connection stood. One that doesn't count is noted and not refused here: the cluster's mode decides.
 */
export function presentedCertificateHook(
  certificates: CertificateService,
  sources: CertificateSources,
): (request: FastifyRequest) => Promise<void> {
  return async (request) => {
    if (!AGENT_ROUTE.test(request.routeOptions.url ?? "")) return;
    const der = isOverTls(request)
      ? derOfSocket(request)
      : derOfHeader(request, sources);
    if (der === undefined) return;
    const judgement = await certificates.judge(der);
    if (judgement.ok) {
      const { thumbprint, clusterId } = judgement.certificate;
      request.presentedCertificate = { thumbprint, clusterId };
      return;
    }
    const { problem } = judgement;
    request.certificateProblem = `The client certificate ${problem}.`;
    request.log.warn(
      { event: "certificate_refused", problem, address: request.ip },
      "A client certificate does not count",
    );
  };
}

function isOverTls(request: FastifyRequest): boolean {
  return request.raw.socket instanceof TLSSocket;
}

function derOfSocket(request: FastifyRequest): Uint8Array | undefined {
  return (request.raw.socket as TLSSocket).getPeerX509Certificate()?.raw;
}

/** Only of the header that was configured, and only of a proxy that may hand over certificates. */
function derOfHeader(
  request: FastifyRequest,
  { header, isTrustedProxy }: CertificateSources,
): Uint8Array | undefined {
  if (header === undefined) return undefined;
  const value = request.headers[header];
  if (typeof value !== "string") return undefined;
  if (!isTrustedProxy(request.raw.socket.remoteAddress ?? "")) return undefined;
  return READERS[header](value) ?? Buffer.alloc(0);
}
