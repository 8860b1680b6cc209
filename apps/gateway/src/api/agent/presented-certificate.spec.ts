import fastify from "fastify";
import type { CertificateService } from "../../trust/certificates/certificate.service";
import { parseTrustedProxies } from "../http/trusted-proxies";
import {
  type CertificateSources,
  listenerHook,
  presentedCertificateHook,
} from "./presented-certificate";

const DER = Buffer.from("what the proxy was shown");
const CERTIFICATE = { thumbprint: "abc", clusterId: "c1" };
const PROXY = "10.1.2.3";
const CLIENT_CERT = { "client-cert": `:${DER.toString("base64")}:` };
const FORWARDED = {
  "x-forwarded-client-cert": `Cert="${encodeURIComponent(
    `-----BEGIN CERTIFICATE-----\n${DER.toString("base64")}\n-----END CERTIFICATE-----\n`,
  )}"`,
};

/** Knows one certificate. */
const certificates = {
  judge: (der: Uint8Array) =>
    Promise.resolve(
      DER.equals(der)
        ? { ok: true, certificate: CERTIFICATE }
        : { ok: false, problem: "can't be read" },
    ),
} as unknown as CertificateService;

async function ask(
  headers: Record<string, string>,
  remoteAddress: string,
  header: CertificateSources["header"] = "client-cert",
) {
  const app = fastify();
  app.addHook("onRequest", listenerHook(true));
  app.addHook(
    "onRequest",
    presentedCertificateHook(certificates, {
      header,
      isTrustedProxy: parseTrustedProxies("10.0.0.0/8"),
    }),
  );
  app.get("/api/agent/jobs", (request) => ({
    certificate: request.presentedCertificate,
    problem: request.certificateProblem,
  }));
  const answer = await app.inject({
    url: "/api/agent/jobs",
    headers,
    remoteAddress,
  });
  return answer.json<object>();
}

describe("a client certificate that a proxy hands over", () => {
  it("counts by the configured header", async () => {
    const found = { certificate: CERTIFICATE };
    expect(await ask(CLIENT_CERT, PROXY)).toEqual(found);
    expect(await ask(FORWARDED, PROXY, "x-forwarded-client-cert")).toEqual(
      found,
    );
  });

  it.each<[string, Parameters<typeof ask>]>([
    ["somebody else", [CLIENT_CERT, "192.0.2.1"]],
    ["a proxy in another header", [FORWARDED, PROXY]],
    [
      "a proxy in another header, the other way round",
      [CLIENT_CERT, PROXY, "x-forwarded-client-cert"],
    ],
    ["a proxy without one", [{}, PROXY]],
  ])("is not looked at from %s", async (_name, request) => {
    expect(await ask(...request)).toEqual({});
  });

  it("is told of where it can't be read", async () => {
    expect(await ask({ "client-cert": "junk" }, PROXY)).toEqual({
      problem: "The client certificate can't be read.",
    });
  });

  it("counts from no proxy where no header was configured", async () => {
    const app = fastify();
    app.addHook(
      "onRequest",
      presentedCertificateHook(certificates, {
        header: undefined,
        isTrustedProxy: () => true,
      }),
    );
    app.get("/api/agent/jobs", (request) => ({
      certificate: request.presentedCertificate,
    }));
    const answer = await app.inject({
      url: "/api/agent/jobs",
      headers: { ...CLIENT_CERT, ...FORWARDED },
      remoteAddress: PROXY,
    });
    expect(answer.json()).toEqual({});
  });

  it("leaves the agents' routes out of the people's port where they have their own, however the path is written", async () => {
    const app = fastify();
    app.addHook("onRequest", listenerHook(false));
    app.get("/api/agent/jobs", () => "");
    app.get("/health/live", () => "");
    const status = async (url: string) => (await app.inject(url)).statusCode;
    expect(await status("/api/agent/jobs")).toBe(404);
    expect(await status("/%61pi/agent/jobs")).toBe(404);
    expect(await status("/health/live")).toBe(200);
  });
});
