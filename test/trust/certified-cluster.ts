import { makeCertificateRequest } from "../../apps/agent/src/control-plane/certificate-request";
import { ClusterService } from "../../apps/gateway/src/fleet/clusters/cluster.service";
import type { TestTenant } from "../db/test-tenant";
import type { ListedGateway } from "./listed-gateway";
import type { ClientIdentity, TlsAgent, TlsAnswer } from "./tls-agent";

/** A cluster in the mode mtls, and what its agent holds: a token that is bound to its certificate, and to no other key. */
export interface CertifiedCluster {
  readonly id: string;
  readonly code: string;
  readonly token: string;
  readonly identity: ClientIdentity;
  /** The answer to its registration. */
  readonly registration: TlsAnswer;
}

/** @param connection to the agents' listener, without a certificate */
export async function registerWithCertificate(
  gateway: ListedGateway,
  tenant: TestTenant,
  connection: TlsAgent,
): Promise<CertifiedCluster> {
  const { id, code } = await tenant.addCluster();
  const { csr, key } = await makeCertificateRequest();
  const registration = await connection.call("POST", "/api/agent/register", {
    token: await tenant.registrationToken(id),
    body: { csr },
  });
  await tenant.in((stores) =>
    gateway.get(ClusterService).setTokenMode(stores, tenant.actor, id, "mtls"),
  );
  const { token, certificate } = registration.body;
  const identity = { cert: String(certificate), key };
  return { id, code, token: String(token), identity, registration };
}
