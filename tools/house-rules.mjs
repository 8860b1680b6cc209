// Rules of the house that no other tool checks: names of folders, paths named in ARCHITECTURE.md, one address book of
// environment variables, and that nothing names a registry or a machine.
import { execFileSync } from "node:child_process";
import { createHash } from "node:crypto";
import { existsSync, readFileSync } from "node:fs";
import { join } from "node:path";
import { root } from "./build.mjs";

const files = execFileSync(
  "git",
  ["ls-files", "--cached", "--others", "--exclude-standard"],
  { cwd: root, encoding: "utf8" },
)
  .split("\n")
  .filter((file) => file !== "" && existsSync(join(root, file)));
const problems = [];

const SAYS_NOTHING = /(^|\/)(common|shared|utils|helpers|core|misc)\//;
for (const file of files.filter((path) => SAYS_NOTHING.test(path))) {
  problems.push(
    `${file}: a folder called common, shared, utils, helpers, core or misc says nothing; name it after what it does.`,
  );
}

const KEBAB = /^[a-z0-9]+(-[a-z0-9]+)*(\.[a-z0-9-]+)*$/;
for (const file of files.filter((path) =>
  /^(apps|libs|test|tools|migrations)\/.*\.(ts|mjs)$/.test(path),
)) {
  const name = file.split("/").at(-1);
  if (!KEBAB.test(name))
    problems.push(`${file}: names of files are in kebab-case.`);
}

for (const document of ["ARCHITECTURE.md", "CONTRIBUTING.md", "README.md"]) {
  if (!existsSync(join(root, document))) {
    problems.push(`${document} is missing.`);
    continue;
  }
  const named = readFileSync(join(root, document), "utf8").matchAll(
    /`((?:apps|libs|migrations|test|tools|deploy|docs)\/[^`\s*<>{}]*)`/g,
  );
  for (const [, path] of named) {
    if (!existsSync(join(root, path)))
      problems.push(`${document} names ${path}, which is not there.`);
  }
}

// The tree in ARCHITECTURE.md names every room, and no other: `place/` at the margin, its folders two blanks deeper.
const architecture = readFileSync(join(root, "ARCHITECTURE.md"), "utf8");
const tree = /^## The rooms$[^]*?^```$([^]*?)^```$/m.exec(architecture)?.[1];
for (const block of tree?.split(/^(?=\S)/m) ?? []) {
  const [place, ...named] = [...block.matchAll(/^ *(\S+\/) /gm)].map(
    ([, name]) => name,
  );
  if (place === undefined) continue;
  const there = files
    .filter((path) => path.startsWith(place))
    .map((path) => path.slice(place.length).match(/^[^/]+\//)?.[0]);
  for (const room of new Set([...there, ...named])) {
    if (room === undefined || (there.includes(room) && named.includes(room)))
      continue;
    problems.push(
      `ARCHITECTURE.md, "The rooms": ${place}${room} ${there.includes(room) ? "is missing" : "is not there"}.`,
    );
  }
}

// A migration that has landed is never edited: databases that ran it would differ from those that run it now.
const digests = new Map(
  readFileSync(join(root, "migrations", "landed.txt"), "utf8")
    .split("\n")
    .filter((line) => /^[0-9a-f]{64} /.test(line))
    .map((line) => line.split(" ").reverse()),
);
for (const [file, digest] of digests) {
  const path = join(root, "migrations", file);
  const now =
    existsSync(path) &&
    createHash("sha256").update(readFileSync(path)).digest("hex");
  if (now !== digest)
    problems.push(
      `migrations/${file} has landed and was edited: restore it, and write a new migration.`,
    );
}

for (const problem of problems) console.error(problem);
process.exit(problems.length > 0 ? 1 : 0);
