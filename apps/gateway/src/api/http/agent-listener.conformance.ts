import { mkdtemp, rm, writeFile } from "node:fs/promises";
import { request } from "node:https";
import { Agent } from "node:https";
import { tmpdir } from "node:os";
import { join } from "node:path";
import type { IncomingMessage, ServerResponse } from "node:http";
import { X509Certificate } from "node:crypto";
import type { TLSSocket } from "node:tls";
import type { CertificateService } from "../../trust/certificates/certificate.service";
import {
  type Authority,
  makeIntermediate,
  makeRoot,
} from "../../trust/certificates/domain/authority";
import { issueForServer } from "../../trust/certificates/domain/leaf";
import { AgentListener } from "./agent-listener";

const NOW = Date.now();

describe("AgentListener with a certificate of files", () => {
  let root: Authority;
  let authority: Authority;
  let directory: string;
  let files: { certificate: string; key: string };
  let listener: AgentListener;
  let port: number;
  let warnings: string[];
  let waiting: ServerResponse[];
  let agent: Agent;

  beforeAll(async () => {
    root = await makeRoot("vworkspace", NOW);
    authority = await makeIntermediate(root, "vworkspace", NOW);
  });

  beforeEach(async () => {
    directory = await mkdtemp(join(tmpdir(), "vworkspace-tls-"));
    files = {
      certificate: join(directory, "tls.crt"),
      key: join(directory, "tls.key"),
    };
    warnings = [];
    waiting = [];
    await replaceFiles();
    agent = new Agent({
      keepAlive: true,
      maxSockets: 1,
      ca: root.certificatePem,
    });
    listener = await listen("TLSv1.3");
  });

  afterEach(async () => {
    agent.destroy();
    for (const response of waiting) response.destroy();
    await listener.close();
    await rm(directory, { recursive: true });
  });

  async function listen(tlsMin: "TLSv1.3" | "TLSv1.2"): Promise<AgentListener> {
    const certificate = new X509Certificate(authority.certificatePem);
    const trusted = [{ id: "one", certificate }];
    const made = new AgentListener(
      {
        current: () => Promise.resolve({ version: "one", trusted }),
      } as unknown as CertificateService,
      {
        host: "127.0.0.1",
        port: 0,
        hostNames: [],
        tlsFiles: files,
        tlsMin,
        server: { keepAliveTimeout: 5000 },
      },
      {
        info: () => undefined,
        warn: (_facts, sentence) => warnings.push(sentence),
      },
    );
    port = await made.listen(answer, () => undefined);
    return made;
  }

  function answer(call: IncomingMessage, response: ServerResponse): void {
    if (call.url === "/wait") waiting.push(response);
    else response.end("at once");
  }

  /** @returns the serial of the new certificate, in upper-case hex */
  async function replaceFiles(): Promise<string> {
    const made = await issueForServer(authority, ["127.0.0.1"], NOW);
    await writeFile(
      files.certificate,
      `${made.certificatePem}${authority.certificatePem}`,
    );
    await writeFile(files.key, made.keyPem);
    return made.serial.toUpperCase();
  }

  async function get(
    path: string,
    options: object = { agent },
  ): Promise<{ text: string; serial: string; protocol: string | null }> {
    const call = request({ host: "127.0.0.1", port, path, ...options });
    call.end();
    const response = await new Promise<IncomingMessage>((resolve, reject) => {
      call.once("response", resolve).once("error", reject);
    });
    const socket = call.socket as TLSSocket;
    const { serialNumber: serial } = socket.getPeerCertificate();
    const protocol = socket.getProtocol();
    const chunks: Buffer[] = [];
    for await (const chunk of response) chunks.push(chunk as Buffer);
    return { text: Buffer.concat(chunks).toString(), serial, protocol };
  }

  const fresh = () => get("/", { agent: false, ca: root.certificatePem });

  it("shows the new certificate to new connections, while a poll that waits keeps its own and is answered", async () => {
    const before = await fresh();
    const poll = get("/wait");
    while (waiting.length === 0)
      await new Promise((resolve) => setImmediate(resolve));
    const serial = await replaceFiles();
    await listener.reload();
    expect((await fresh()).serial).toBe(serial);
    waiting[0]?.end("a job");
    expect(await poll).toMatchObject({ text: "a job", serial: before.serial });
    expect(warnings).toEqual([]);
  });

  it("goes on with the certificate before where the files hold half a change", async () => {
    const before = await fresh();
    const other = await issueForServer(authority, ["127.0.0.1"], NOW);
    await writeFile(files.key, other.keyPem);
    await listener.reload();
    expect((await fresh()).serial).toBe(before.serial);
    await rm(files.certificate);
    await listener.reload();
    expect((await fresh()).serial).toBe(before.serial);
    expect(warnings).toHaveLength(2);
    const serial = await replaceFiles();
    await listener.reload();
    expect((await fresh()).serial).toBe(serial);
  });

  it("speaks TLS 1.3, and 1.2 only where it was told to, also after a reload", async () => {
    const old = {
      agent: false,
      ca: root.certificatePem,
      maxVersion: "TLSv1.2",
    };
    expect((await fresh()).protocol).toBe("TLSv1.3");
    await expect(get("/", old)).rejects.toThrow();
    await replaceFiles();
    await listener.reload();
    await expect(get("/", old)).rejects.toThrow();
    await listener.close();
    listener = await listen("TLSv1.2");
    expect((await get("/", old)).protocol).toBe("TLSv1.2");
  });
});
