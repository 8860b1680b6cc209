import { type ChildProcess, spawn } from "node:child_process";
import { mkdtemp, rm, stat, writeFile } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { DataDirectory } from "./data-directory";

describe("the directory of an embedded database", () => {
  let path: string;
  let other: ChildProcess | undefined;

  beforeEach(async () => {
    path = await mkdtemp(join(tmpdir(), "vworkspace-directory-"));
  });

  afterEach(async () => {
    other?.kill("SIGKILL");
    other = undefined;
    await rm(path, { recursive: true, force: true });
  });

  it("is refused while another process uses it, with a sentence that names both", async () => {
    other = spawn(process.execPath, ["-e", "setInterval(() => {}, 1000)"]);
    await new Promise((resolve) => other?.once("spawn", resolve));
    await writeFile(join(path, "gateway.pid"), `${other.pid ?? 0}\n`);
    const directory = new DataDirectory(path);
    await directory.prepare();
    await expect(directory.own()).rejects.toMatchObject({
      name: "ConfigurationError",
      message: expect.stringMatching(`${path}.*${other.pid ?? 0}`) as string,
    });
  });

  it("may be taken again by who has it, and by the next one after a process that is gone", async () => {
    const directory = new DataDirectory(path);
    await directory.prepare();
    await directory.own();
    await directory.own();
    other = spawn(process.execPath, ["-e", ""]);
    await new Promise((resolve) => other?.once("exit", resolve));
    await writeFile(join(path, "gateway.pid"), `${other.pid ?? 0}\n`);
    await directory.own();
  });

  it("keeps its secrets to the user that runs it", async () => {
    const directory = new DataDirectory(path);
    await directory.prepare();
    const password = await directory.password();
    expect(await directory.password()).toBe(password);
    const mode = async (name: string) =>
      (await stat(join(path, name))).mode & 0o777;
    expect(await mode("keys")).toBe(0o700);
    expect(await mode("keys/postgres.password")).toBe(0o600);
  });

  it("that can't be made is refused with a sentence", async () => {
    await writeFile(join(path, "file"), "");
    const directory = new DataDirectory(join(path, "file", "data"));
    await expect(directory.prepare()).rejects.toMatchObject({
      name: "ConfigurationError",
      message: expect.stringContaining("VWORKSPACE_DATA_DIR") as string,
    });
  });
});
