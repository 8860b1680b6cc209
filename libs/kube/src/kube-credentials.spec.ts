import { mkdtempSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { ManualClock } from "@vworkspace/kernel";
import { stringify } from "yaml";
import { KubeCredentials, readKubeConfig } from "./kube-credentials";

describe("KubeCredentials", () => {
  let folder: string;
  let file: string;

  beforeEach(() => {
    folder = mkdtempSync(join(tmpdir(), "kube-credentials-"));
    file = join(folder, "config");
  });
  afterEach(() => rmSync(folder, { recursive: true }));

  function write(
    user: Record<string, unknown>,
    cluster: Record<string, unknown> = {},
  ): void {
    const config = {
      apiVersion: "v1",
      kind: "Config",
      clusters: [
        {
          name: "c",
          cluster: { server: "https://127.0.0.1:6443/k8s/a", ...cluster },
        },
      ],
      users: [{ name: "u", user }],
      contexts: [
        { name: "main", context: { cluster: "c", user: "u" } },
        { name: "empty", context: { cluster: "none", user: "u" } },
      ],
      "current-context": "main",
    };
    writeFileSync(file, stringify(config));
  }

  const open = (context?: string) =>
    new KubeCredentials(() => readKubeConfig(file, context));

  it("gives the server, the token and one set of sockets for all requests", async () => {
    write({ token: "t1" });
    const credentials = open();
    const first = await credentials.current();
    const second = await credentials.current();
    expect(first.server.href).toBe("https://127.0.0.1:6443/k8s/a");
    expect(first.headers).toEqual({ authorization: "Bearer t1" });
    expect(second.dispatcher).toBe(first.dispatcher);
    await credentials.close();
  });

  it("opens other sockets when the certificate changes", async () => {
    const certificate = join(folder, "client.crt");
    writeFileSync(certificate, "one");
    write({ "client-certificate": "client.crt" });
    const credentials = open();
    const first = await credentials.current();
    writeFileSync(certificate, "two");
    const second = await credentials.current();
    expect(second.dispatcher).not.toBe(first.dispatcher);
    await credentials.close();
  });

  it("reads the file again after its token was rejected, but not at every request", async () => {
    write({ token: "t1" });
    const clock = new ManualClock();
    const credentials = new KubeCredentials(
      () => readKubeConfig(file, undefined),
      clock,
    );
    const token = async () =>
      (await credentials.current()).headers.authorization;
    write({ token: "t2" });
    await clock.advance(60_000);
    expect(await token()).toBe("Bearer t1");
    credentials.reject();
    expect(await token()).toBe("Bearer t2");
    write({ token: "t3" });
    credentials.reject();
    expect(await token()).toBe("Bearer t2");
    await clock.advance(10_000);
    expect(await token()).toBe("Bearer t3");
    await credentials.close();
  });

  it("opens nothing any more once closed", async () => {
    write({ token: "t" });
    const credentials = open();
    await credentials.close();
    await expect(credentials.current()).rejects.toThrow("closed");
  });

  it("takes plain HTTP on this machine only", async () => {
    write({ token: "t" }, { server: "http://127.0.0.1:8001" });
    expect((await open().current()).server.protocol).toBe("http:");
    write({ token: "t" }, { server: "http://10.0.0.1:8001" });
    await expect(open().current()).rejects.toThrow("HTTP protocol");
  });

  it("names the contexts there are when the wanted one is missing or has no cluster", () => {
    write({});
    expect(() => open("other")).toThrow(/no context "other".*main, empty/);
    expect(() => open("empty")).toThrow(/no context "empty"/);
  });

  it("says what is missing where a file has no context, or none that is current", () => {
    writeFileSync(file, stringify({ name: "a package" }));
    expect(() => open()).toThrow(/holds no context: name another file/);
    const contexts = [{ name: "main", context: { cluster: "c", user: "u" } }];
    writeFileSync(file, stringify({ contexts }));
    expect(() => open()).toThrow(/no current context: name one of main/);
  });

  it("names the file that can't be read, and nothing that stands in it", () => {
    expect(() => open()).toThrow(/ENOENT/);
    writeFileSync(file, "users: [ {token: hunter2\n}");
    expect(() => open()).toThrow(/no complete kubeconfig/);
    expect(() => open()).not.toThrow(/hunter2/);
  });

  it("refuses a proxy it can't use and a cluster without an address", () => {
    write({}, { "proxy-url": "socks5://127.0.0.1:1080" });
    expect(() => open()).toThrow(/HTTP proxy/);
    write({}, { server: "nowhere" });
    expect(() => open()).toThrow(/address of an API server/);
  });
});
