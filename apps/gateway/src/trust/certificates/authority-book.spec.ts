import { randomBytes } from "node:crypto";
import { mkdtemp, rm, writeFile } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { Logger } from "@nestjs/common";
import { MasterKey } from "../../database/master-key";
import type { UnitOfWork } from "../../database/unit-of-work";
import { AuthorityBook } from "./authority-book";
import type { CaFiles } from "./certificate-options";
import { type Authority, makeRoot } from "./domain/authority";

/** Nothing here may ask the database. */
const NO_DATABASE = {} as UnitOfWork;

describe("a CA that is kept in files", () => {
  let directory: string;
  let files: CaFiles;
  let old: Authority;
  let next: Authority;
  let book: AuthorityBook;

  beforeAll(async () => {
    Logger.overrideLogger(false);
    old = await makeRoot("old.example.com", Date.now());
    next = await makeRoot("next.example.com", Date.now());
  });

  beforeEach(async () => {
    directory = await mkdtemp(join(tmpdir(), "vworkspace-ca-"));
    files = {
      certificate: join(directory, "ca.crt"),
      key: join(directory, "ca.key"),
    };
    const masterKey = new MasterKey(randomBytes(32));
    const options = { domain: "vworkspace", caFiles: files };
    book = new AuthorityBook(NO_DATABASE, masterKey, {
      ...options,
      servesByOwnCa: true,
    });
    await write([old], old);
  });

  afterEach(() => rm(directory, { recursive: true }));

  async function write(
    certificates: readonly Authority[],
    { keyPem }: Authority,
  ): Promise<void> {
    const text = certificates.map(({ certificatePem }) => certificatePem);
    await writeFile(files.certificate, text.join(""));
    await writeFile(files.key, keyPem);
  }

  async function look() {
    book.forget();
    const { version, trusted, issuer } = await book.get();
    const subjects = trusted.map(({ certificate }) => certificate.subject);
    const isOld = issuer().keyPem === old.keyPem;
    return { version, trusted: subjects, issues: isOld ? "old" : "next" };
  }

  it("issues by the first and trusts all of them, as the files are now", async () => {
    const names = ["CN=old.example.com agents root"];
    const first = await look();
    expect(first).toMatchObject({ trusted: names, issues: "old" });
    await write([old, next], old);
    const both = await look();
    expect(both.trusted).toEqual([...names, "CN=next.example.com agents root"]);
    await write([next, old], next);
    expect(await look()).toMatchObject({ issues: "next" });
    await write([next], next);
    const last = await look();
    expect(last.trusted).toEqual(["CN=next.example.com agents root"]);
    expect(new Set([first, both, last].map((one) => one.version)).size).toBe(3);
  });

  it("goes on as before while a change is half written", async () => {
    const before = await look();
    await writeFile(files.key, next.keyPem);
    expect(await look()).toEqual(before);
    await writeFile(files.certificate, next.certificatePem.slice(0, 200));
    expect(await look()).toEqual(before);
    await write([next], next);
    expect(await look()).toMatchObject({ issues: "next" });
  });

  it.each<[string, () => Promise<void>]>([
    ["another's key", () => write([old], next)],
    ["no certificate", () => write([], old)],
    ["no key", () => writeFile(files.key, "")],
    [
      "no file",
      async () => {
        await rm(files.key);
      },
    ],
    [
      "a broken certificate",
      () =>
        writeFile(
          files.certificate,
          "-----BEGIN CERTIFICATE-----\nAAAA\n-----END CERTIFICATE-----\n",
        ),
    ],
  ])("is refused at the start in words where there is %s", async (_, spoil) => {
    await spoil();
    await expect(look()).rejects.toMatchObject({
      name: "ConfigurationError",
      message: expect.stringContaining("VWORKSPACE_AGENT_CA_") as string,
    });
  });
});
