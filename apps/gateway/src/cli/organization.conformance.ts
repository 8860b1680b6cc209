import { execFile } from "node:child_process";
import { chmod, mkdtemp, rm } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join, resolve } from "node:path";

jest.setTimeout(120_000);

const CLI = resolve("dist/apps/gateway/src/cli.js");

interface Ended {
  readonly code: number;
  readonly said: string;
}

describe("vworkspace organization", () => {
  let dataDir: string;

  beforeAll(async () => {
    dataDir = await mkdtemp(join(tmpdir(), "vworkspace-cli-"));
    // PostgreSQL runs as another user where the tests run as root: it must be able to pass through.
    await chmod(dataDir, 0o711);
  });

  afterAll(() => rm(dataDir, { recursive: true, force: true }));

  function vworkspace(...command: readonly string[]): Promise<Ended> {
    const env = { ...process.env, VWORKSPACE_DATA_DIR: dataDir };
    return new Promise((done) => {
      execFile(
        process.execPath,
        [CLI, ...command],
        { env },
        (error, out, err) =>
          done({ code: Number(error?.code ?? 0), said: `${out}${err}`.trim() }),
      );
    });
  }

  it("makes one once, says so when it is there, and lists it beside those that users made", async () => {
    const add = ["organization", "add", "acme", "--name"];
    const made = await vworkspace(...add, "Acme GmbH");
    expect(made).toMatchObject({ code: 0 });
    expect(made.said).toMatch(/^organization acme \("Acme GmbH"\) was made/);
    expect(await vworkspace(...add, "Acme GmbH")).toEqual({
      code: 0,
      said: 'organization acme ("Acme GmbH") was there already: nothing was changed',
    });
    expect(await vworkspace(...add, "Other")).toEqual({
      code: 1,
      said: 'name is "Other": there is an organization acme with the name "Acme GmbH", which its admins can change; leave the name out, or choose another code.',
    });
    await vworkspace("user", "add", "ann", "--role", "admin");
    expect(await vworkspace("organization", "list")).toEqual({
      code: 0,
      said: "acme  Acme GmbH\ndefault  default",
    });
  });

  it("says whose approvals count in one, and lists where Odoo's word does", async () => {
    const trust = ["organization", "approval-trust"];
    expect(await vworkspace(...trust, "acme", "odoo")).toEqual({
      code: 0,
      said: "approval_trust of acme is odoo now; it was personal",
    });
    expect(await vworkspace(...trust, "acme", "odoo")).toEqual({
      code: 0,
      said: "approval_trust of acme is odoo already: nothing was changed",
    });
    expect((await vworkspace("organization", "list")).said).toBe(
      "acme  Acme GmbH  (approval_trust odoo)\ndefault  default",
    );
    expect(await vworkspace(...trust, "acme", "nobody")).toMatchObject({
      code: 1,
      said: expect.stringMatching(
        /Allowed choices are personal, odoo/,
      ) as string,
    });
    expect(await vworkspace(...trust, "absent", "odoo")).toMatchObject({
      code: 1,
      said: expect.stringMatching(
        /There is no organization "absent"/,
      ) as string,
    });
  });
});
