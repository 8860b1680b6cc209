import { execFileSync, spawnSync } from "node:child_process";
import { existsSync, mkdtempSync, readFileSync, rmSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";

const root = join(__dirname, "..", "..");

/** Prints what of a folder is no Python, no XML or no CSV of even rows, and which files its manifest names in vain. */
const PARSE_ALL = `
import ast, csv, pathlib, sys
from xml.etree import ElementTree

addon = pathlib.Path(sys.argv[1])

def even(path):
    rows = list(csv.reader(path.open()))
    assert len({len(row) for row in rows}) == 1, "rows of different lengths"

kinds = {".py": lambda path: compile(path.read_text(), str(path), "exec"), ".xml": ElementTree.parse, ".csv": even}
count = 0
for path in sorted(addon.rglob("*")):
    try:
        if path.suffix in kinds:
            count += 1
            kinds[path.suffix](path)
    except Exception as error:
        print(path.relative_to(addon), error)
manifest = ast.literal_eval((addon / "__manifest__.py").read_text())
for name in [*manifest["data"], *manifest["demo"]]:
    if not (addon / name).is_file():
        print("__manifest__.py names", name)
sys.exit(0 if count > 80 else 1)
`;

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

  it("has the series' own names of fields in its views", () => {
    const addon = assemble("18");
    const wizard = join(addon, "wizard", "deploy_wizard_views.xml");
    expect(readFileSync(wizard, "utf8")).toContain('<field name="groups_id"');
    expect(readFileSync(wizard, "utf8")).not.toContain("group_ids");
    expect(existsSync(join(addon, "renames.json"))).toBe(false);
  });

  it("is the tree itself for the tree's series", () => {
    const addon = assemble("19");
    const path = ["addons", "vworkspace", "odoo_series.py"];
    expect(readFileSync(join(addon, "odoo_series.py"), "utf8")).toBe(
      readFileSync(join(root, ...path), "utf8"),
    );
  });

  // That it runs in an Odoo 18 is unproven: there is none here to try it in.
  it.each(["18", "19"])(
    "of series %s is sound Python, XML and CSV",
    (series) => {
      const { status, stdout, stderr } = spawnSync(
        "python3",
        ["-c", PARSE_ALL, assemble(series)],
        { encoding: "utf8" },
      );
      expect({ status, stdout, stderr }).toEqual({
        status: 0,
        stdout: "",
        stderr: "",
      });
    },
  );

  it("is not made for a series that nobody wrote files for", () => {
    expect(() => assemble("17")).toThrow(/17/);
  });
});
