// A Python with the clients of the tests in it, made once and kept outside the clone:
// $XDG_CACHE_HOME (else ~/.cache)/vworkspace/python-<hash of the pins>.
import { spawnSync } from "node:child_process";
import { createHash } from "node:crypto";
import { existsSync, mkdirSync, renameSync, rmSync } from "node:fs";
import { homedir } from "node:os";
import { join } from "node:path";
import { fileURLToPath } from "node:url";

const PINS = [
  "odoorpc==0.10.1",
  "odooly==2.6.7",
  "odoo-client-lib==2.0.1",
  "jwcrypto==1.6.1",
  "rfc8785==0.1.4",
];

/** Path of the `python` with what the tests need, or with other packages. Throws an Error with one sentence when there is no python3, or the packages can't be had. */
export function pythonWithClients(pins = PINS) {
  const version = run("python3", ["--version"], "python3 is missing");
  const name = createHash("sha256")
    .update([version, ...pins].join("\n"))
    .digest("hex")
    .slice(0, 16);
  const cache = process.env.XDG_CACHE_HOME || join(homedir(), ".cache");
  const folder = join(cache, "vworkspace", `python-${name}`);
  const python = join(folder, "bin", "python");
  if (existsSync(join(folder, "complete"))) return python;
  // Made under another name first: a run that was ended half-way leaves nothing that looks whole.
  const draft = `${folder}.${process.pid}`;
  mkdirSync(join(cache, "vworkspace"), { recursive: true });
  try {
    run("python3", ["-m", "venv", draft], "python3 can't make a venv");
    const pip = [
      "-m",
      "pip",
      "install",
      "--quiet",
      "--disable-pip-version-check",
    ];
    run(
      join(draft, "bin", "python"),
      [...pip, ...pins],
      `pip can't install ${pins.join(", ")}`,
    );
    mkdirSync(join(draft, "complete"));
    rmSync(folder, { recursive: true, force: true });
    renameSync(draft, folder);
  } finally {
    rmSync(draft, { recursive: true, force: true });
  }
  return python;
}

function run(command, args, problem) {
  const { status, stdout, stderr, error } = spawnSync(command, args, {
    encoding: "utf8",
  });
  if (status === 0) return stdout;
  const reason = error?.message ?? stderr.trim().split("\n").at(-1);
  throw new Error(`${problem}: ${reason}`);
}

if (process.argv[1] === fileURLToPath(import.meta.url)) {
  try {
    console.log(pythonWithClients());
  } catch (error) {
    console.error(error.message);
    process.exit(1);
  }
}
