import type { NestFastifyApplication } from "@nestjs/platform-fastify";
import type { Logger } from "pino";
import { CertificateService } from "../../trust/certificates/certificate.service";
import {
  listenerHook,
  presentedCertificateHook,
} from "../agent/presented-certificate";
import type { CertificateHeader } from "../../agent-listener-config";
import { AgentListener, type AgentListenerOptions } from "./agent-listener";
import {
  type ConnectionLimits,
  limitConnections,
  SERVER_LIMITS,
} from "./server";
import type { TrustedProxies } from "./trusted-proxies";

export interface AgentInterface extends Omit<
  AgentListenerOptions,
  "host" | "port" | "server"
> {
  /** Undefined: agents come over the people's port only. */
  readonly address:
    { readonly host: string; readonly port: number } | undefined;
  readonly isPlainServed: boolean;
  readonly certificateHeader: CertificateHeader | undefined;
  readonly trustedProxies: TrustedProxies;
}

/**
 * Where agents are served, and the certificates they present. To be called before the application is initialised.
 * @returns starts the agents' listener, if there is to be one, in front of the same routes; gives its port
 */
export function prepareAgentListener(
  app: NestFastifyApplication,
  agents: AgentInterface,
  { limits, logger }: { limits: ConnectionLimits; logger: Logger },
): () => Promise<number | undefined> {
  const fastify = app.getHttpAdapter().getInstance();
  const certificates = app.get(CertificateService);
  fastify.addHook("onRequest", listenerHook(agents.isPlainServed));
  fastify.addHook(
    "onRequest",
    presentedCertificateHook(certificates, {
      header: agents.certificateHeader,
      isTrustedProxy: agents.trustedProxies,
    }),
  );
  if (!agents.address) return () => Promise.resolve(undefined);
  const listener = new AgentListener(
    certificates,
    { ...agents, ...agents.address, server: SERVER_LIMITS },
    logger,
  );
  fastify.addHook("onSend", listener.closeOutdated);
  fastify.addHook("onClose", () => listener.close());
  return () =>
    listener.listen(
      (request, response) => fastify.routing(request, response),
      (server) => limitConnections(server, limits),
    );
}
