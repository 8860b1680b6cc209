import { X509Certificate } from "node:crypto";
import type { IncomingMessage } from "node:http";
import { request } from "node:https";
import type { SecureVersion, TLSSocket } from "node:tls";
import { AGENT_MEDIA_TYPE } from "@vworkspace/contract";
import { AuthorityService } from "../../apps/gateway/src/trust/certificates/authority.service";
import { CertificateService } from "../../apps/gateway/src/trust/certificates/certificate.service";
import { eventually } from "../cluster/eventually";
import { TestTenant } from "../db/test-tenant";
import {
  type CertifiedCluster,
  registerWithCertificate,
} from "./certified-cluster";
import { type ListedGateway, startListedGateway } from "./listed-gateway";
import { TlsAgent } from "./tls-agent";

jest.setTimeout(120_000);

interface Polled {
  readonly status: number;
  readonly error: unknown;
  /** Whether the handshake went by a session from before, without a certificate on the wire. */
  readonly isResumed: boolean;
  /** To go on with. */
  readonly session: Buffer;
}

describe.each<SecureVersion>(["TLSv1.3", "TLSv1.2"])(
  "A session of %s that is resumed",
  (version) => {
    let gateway: ListedGateway;
    let tenant: TestTenant;
    let ca: string;
    let cluster: CertifiedCluster;

    beforeAll(async () => {
      gateway = await startListedGateway({
        VWORKSPACE_AGENT_ADDR: "127.0.0.1:0",
        VWORKSPACE_AGENT_TLS_MIN: version.slice("TLSv".length),
      });
      tenant = await TestTenant.make(gateway);
      ca = (await gateway.get(CertificateService).caBundle()) ?? "";
    });

    beforeEach(async () => {
      const bare = new TlsAgent(gateway.agentPort ?? 0, ca);
      cluster = await registerWithCertificate(gateway, tenant, bare);
      bare.close();
    });

    afterAll(() => gateway?.stop());

    /** One poll on a connection of its own. */
    async function poll(session?: Buffer): Promise<Polled> {
      const call = request({
        agent: false,
        host: "127.0.0.1",
        port: gateway.agentPort,
        path: `/api/agent/jobs?cluster=${cluster.code}&wait=0`,
        ca,
        ...cluster.identity,
        minVersion: version,
        maxVersion: version,
        ...(session && { session }),
        headers: {
          accept: AGENT_MEDIA_TYPE,
          authorization: `Bearer ${cluster.token}`,
        },
      });
      const resumable = new Promise<Buffer>((resolve) =>
        call.once("socket", (socket) => socket.once("session", resolve)),
      );
      call.end();
      const response = await new Promise<IncomingMessage>((resolve, reject) => {
        call.once("response", resolve).once("error", reject);
      });
      const chunks: Buffer[] = [];
      for await (const chunk of response) chunks.push(chunk as Buffer);
      const body = JSON.parse(Buffer.concat(chunks).toString()) as {
        error?: unknown;
      };
      const isResumed = (call.socket as TLSSocket).isSessionReused();
      return {
        status: response.statusCode ?? 0,
        error: body.error,
        isResumed,
        // TLS 1.2 may give no new one to who has one.
        session: isResumed ? (session as Buffer) : await resumable,
      };
    }

    const revoke = () => {
      const { serialNumber } = new X509Certificate(cluster.identity.cert);
      return gateway.get(AuthorityService).revoke(serialNumber);
    };

    it("lets in by the certificate that it began with, as long as that counts", async () => {
      const { session, ...first } = await poll();
      expect(first).toEqual({
        status: 200,
        error: undefined,
        isResumed: false,
      });
      expect(await poll(session)).toMatchObject({
        status: 200,
        isResumed: true,
      });
    });

    it("is refused at the request when the certificate was revoked since", async () => {
      const { session } = await poll();
      await revoke();
      expect(await poll(session)).toMatchObject({
        status: 401,
        error: "certificate_refused",
        isResumed: true,
      });
    });

    it("is refused at the request when the CA was distrusted since", async () => {
      const authority = gateway.get(AuthorityService);
      for (const step of ["init", "trust", "issue"] as const)
        await authority.rotate(step);
      const answers: unknown[] = [];
      // A listener that was changed meanwhile resumes nothing: then once more, until it is the session that is judged.
      await eventually("a session is resumed", async () => {
        const first = await poll();
        await authority.rotate("distrust");
        const { isResumed, status, error } = await poll(first.session);
        await authority.rotate("issue");
        answers.push([first.status, status, error]);
        return isResumed;
      });
      expect(answers).toEqual(
        answers.map(() => [200, 401, "certificate_refused"]),
      );
      await authority.rotate("distrust");
      expect((await poll()).status).toBe(401);
    });
  },
);
