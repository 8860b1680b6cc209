import { execFileSync } from "node:child_process";
import { existsSync, mkdtempSync, readFileSync, rmSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";

const root = join(__dirname, "..", "..");

describe("the addon, assembled for a series of Odoo", () => {
  let folder: string;
  beforeEach(() => {
    folder = mkdtempSync(join(tmpdir(), "addon-"));
  });
  afterEach(() => {
    rmSync(folder, { recursive: true });
  });

  function assemble(series: string): string {
    const script = join(root, "tools", "assemble-addon.mjs");
    execFileSync(process.execPath, [script, series, folder], { stdio: "pipe" });
    return join(folder, "vworkspace");
  }

  it("has the version of its series", () => {
    const manifest = join(assemble("18"), "__manifest__.py");
    expect(readFileSync(manifest, "utf8")).toContain('"version": "18.0.1.0.0"');
  });

  it("has the series' own files over the tree's, and all the others", () => {
    const addon = assemble("18");
    const own = readFileSync(join(addon, "odoo_series.py"), "utf8");
    expect(own).toContain('GROUPS = "groups_id"');
    expect(existsSync(join(addon, "models", "vworkspace_sync.py"))).toBe(true);
  });

  it("is the tree itself for the tree's series", () => {
    const addon = assemble("19");
    const path = ["addons", "vworkspace", "odoo_series.py"];
    expect(readFileSync(join(addon, "odoo_series.py"), "utf8")).toBe(
      readFileSync(join(root, ...path), "utf8"),
    );
  });

  it("is not made for a series that nobody wrote files for", () => {
    expect(() => assemble("17")).toThrow(/17/);
  });
});
