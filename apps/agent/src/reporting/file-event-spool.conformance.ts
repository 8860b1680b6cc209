import { type ChildProcess, spawn } from "node:child_process";
import { once } from "node:events";
import { existsSync, mkdtempSync, readdirSync, rmSync } from "node:fs";
import { tmpdir } from "node:os";
import { join, resolve } from "node:path";
import { createInterface } from "node:readline";
import { waitingIn } from "../testing/event-spool.contract";
import { KeptLog } from "../testing/kept-log";
import { FileEventSpool } from "./file-event-spool";

const WRITER = resolve("dist/apps/agent/src/testing/spool-writer.js");
const ROUNDS = 12;

/** Starts the program that fills a spool; with a limit, in KiB, no file of it may grow beyond that. */
function startWriter(
  args: readonly (string | number)[],
  limitKib?: number,
): ChildProcess {
  const limit = limitKib === undefined ? "" : `ulimit -f ${limitKib}; `;
  const words = [process.execPath, WRITER, ...args.map(String)];
  return spawn("bash", ["-c", `${limit}exec "$@"`, "bash", ...words], {
    stdio: ["ignore", "pipe", "inherit"],
  });
}

/** Lets it write until it has said `lines` lines, kills it in the midst of its work, and returns all that it said. */
async function killedAfter(
  lines: number,
  writer: ChildProcess,
): Promise<string[]> {
  const said: string[] = [];
  const exited = once(writer, "exit");
  const output = createInterface({
    input: writer.stdout as NodeJS.ReadableStream,
  });
  output.on("line", (text) => {
    said.push(text);
    if (said.length === lines) writer.kill("SIGKILL");
  });
  await once(output, "close");
  await exited;
  return said;
}

describe("A spool whose process is killed with SIGKILL", () => {
  let directory: string;

  beforeAll(() => {
    if (!existsSync(WRITER))
      throw new Error(`${WRITER} is missing: run \`npx nest build gateway\`.`);
  });
  beforeEach(() => {
    directory = mkdtempSync(join(tmpdir(), "spool-killed-"));
  });
  afterEach(() => rmSync(directory, { recursive: true, force: true }));

  it("has lost nothing that it said to be on disk, and shows nothing that is torn", async () => {
    let first = 0;
    for (let round = 0; round < ROUNDS; round += 1) {
      // Within segments and at their ends, which are 20 events long.
      const lines = 1 + ((round * 17) % 61);
      const writer = startWriter([directory, first, (round % 3) * 20_000]);
      const said = await killedAfter(lines, writer);
      const last = Number(said.at(-1));
      expect(said).toEqual(said.map((_, index) => String(first + index)));
      const log = new KeptLog();
      const spool = new FileEventSpool({ directory, log });
      const found = await waitingIn(spool);
      expect(log.entries).toEqual([]);
      expect(found).toEqual(found.map((_, index) => (found[0] ?? 0) + index));
      expect(found.at(-1)).toBeGreaterThanOrEqual(last);
      // Some of it is stored at the control plane; it may come again, which does no harm there, but the rest must stay.
      const [oldest] = await spool.oldest(1);
      if (round % 2 === 1)
        await spool.removeThrough((oldest?.position ?? 0) + (lines >> 1));
      const kept = await waitingIn(spool);
      await spool.close();
      const again = new FileEventSpool({ directory, log });
      expect(await waitingIn(again)).toEqual(expect.arrayContaining(kept));
      await again.close();
      first = (found.at(-1) ?? 0) + 1;
    }
  });

  it("goes on when the system refuses to write more into a file, and loses nothing then", async () => {
    // 20 events of 8 KiB don't fit into a file of 64 KiB: the writes in between end half done, with EFBIG.
    const said = await killedAfter(60, startWriter([directory, 0, 8192], 64));
    const unsaved = said.filter((text) => text.startsWith("unsaved"));
    expect(unsaved.length).toBeGreaterThan(0);
    const saved = said.filter((text) => !text.startsWith("unsaved"));
    expect(saved.length).toBeGreaterThan(0);
    const spool = new FileEventSpool({ directory, log: new KeptLog() });
    const found = await waitingIn(spool);
    const upTo = Number(saved.at(-1));
    expect(found.slice(0, upTo + 1)).toEqual([...Array(upTo + 1).keys()]);
    await spool.close();
    expect(readdirSync(directory).join()).not.toContain(".bad");
  });
});
