// Finds, else builds, the programs of a Kubernetes control plane for tests. Plain JavaScript, any Node from 18 on.
//   node tools/kube-assets.mjs      prints the directory that holds them; exit code 3: none, and no Go to build them
import { existsSync } from "node:fs";
import { mkdir, readdir, rename, rm, writeFile } from "node:fs/promises";
import { homedir } from "node:os";
import { dirname, join } from "node:path";
import { pathToFileURL } from "node:url";
import { go } from "./kube-assets/go.mjs";
import { withLock } from "./kube-assets/lock.mjs";
import {
  builds,
  ETCD_VERSION,
  KUBERNETES_VERSION,
  PROGRAMS,
} from "./kube-assets/modules.mjs";

const OLDEST_GO = [1, 26];

/**
 * The directory of kube-apiserver and etcd (and kube-controller-manager and kubectl: always when built here, else if the
 * given directory has them). KUBEBUILDER_ASSETS wins; then the cache; then they are built from Go modules, about five
 * minutes on two cores, once. Callers at the same time wait for one build.
 *
 * @param {{log?: (line: string) => void}} [options] log gets one line per step; standard error when left out
 * @returns {Promise<{dir: string, source: "KUBEBUILDER_ASSETS" | "built"} | undefined>} undefined: there is nothing and no
 *   Go to build it with; log has said so
 * @throws Error when KUBEBUILDER_ASSETS lacks a program or the build fails
 */
export async function kubeAssets({ log = console.error } = {}) {
  const given = process.env.KUBEBUILDER_ASSETS;
  if (given) return { dir: complete(given), source: "KUBEBUILDER_ASSETS" };
  const dir = cacheDirectory();
  if (existsSync(dir)) return { dir, source: "built" };
  const obstacle = await goObstacle();
  if (obstacle) {
    log(
      `No kube-apiserver: ${obstacle}. Install Go ${OLDEST_GO.join(".")} or later, or point KUBEBUILDER_ASSETS at a directory with kube-apiserver and etcd.`,
    );
    return undefined;
  }
  await mkdir(dirname(dir), { recursive: true });
  const onWait = () =>
    log(`Another process builds ${dir}; waiting for it to finish.`);
  await withLock(`${dir}.lock`, { onWait }, async () => {
    if (!existsSync(dir)) await build(dir, log);
  });
  return { dir, source: "built" };
}

function complete(dir) {
  const missing = PROGRAMS.filter(
    ({ name, isRequired }) => isRequired && !existsSync(join(dir, name)),
  ).map(({ name }) => name);
  if (missing.length === 0) return dir;
  throw new Error(
    `KUBEBUILDER_ASSETS is ${dir}, where ${missing.join(" and ")} cannot be found; correct or unset it.`,
  );
}

function cacheDirectory() {
  const cache = process.env.XDG_CACHE_HOME || join(homedir(), ".cache");
  const platform = `${process.platform}-${process.arch}`;
  return join(
    cache,
    "vworkspace",
    `kube-${KUBERNETES_VERSION}`,
    `etcd-${ETCD_VERSION}-${platform}`,
  );
}

/** Why go cannot build here, or undefined when it can. */
async function goObstacle() {
  try {
    const version = (await go(["env", "GOVERSION"])).trim();
    const [major, minor] = version.replace(/^go/, "").split(".").map(Number);
    const isTooOld =
      major < OLDEST_GO[0] || (major === OLDEST_GO[0] && minor < OLDEST_GO[1]);
    return isTooOld ? `${version} is too old to build it` : undefined;
  } catch (error) {
    if (error.code === "ENOENT") return "there is no Go to build it with";
    throw error;
  }
}

/** Builds beside `dir` and renames at the end: `dir` is complete or absent, whenever the process dies. */
async function build(dir, log) {
  const started = Date.now();
  const say = (text) =>
    log(
      `[${String(Math.round((Date.now() - started) / 1_000)).padStart(4)} s] ${text}`,
    );
  const work = `${dir}.building-${process.pid}`;
  await removeLeftovers(dir);
  say(
    `Building kube-apiserver, its controller manager, kubectl and etcd from Go modules into ${dir}; once, about five minutes.`,
  );
  try {
    await mkdir(join(work, "bin"), { recursive: true });
    for (const one of await builds()) await buildOne(one, work, say);
    await rename(join(work, "bin"), dir);
  } finally {
    await rm(work, { recursive: true, force: true });
  }
  say("Built.");
}

async function buildOne(
  { title, goMod, packages, rename: names, ldflags },
  work,
  say,
) {
  const cwd = join(work, title.split(" ")[0]);
  const bin = join(work, "bin");
  await mkdir(cwd);
  await writeFile(join(cwd, "go.mod"), goMod);
  say(`${title}: resolving modules`);
  await go(["mod", "tidy"], { cwd });
  say(`${title}: compiling`);
  await go(
    [
      "build",
      "-v",
      "-trimpath",
      "-ldflags",
      ldflags,
      "-o",
      `${bin}/`,
      ...packages,
    ],
    {
      cwd,
      env: { CGO_ENABLED: "0" },
      onProgress: (count) => say(`${title}: ${count} packages compiled`),
    },
  );
  for (const [from, to] of Object.entries(names))
    await rename(join(bin, from), join(bin, to));
}

/** Called under the lock: whoever made these is dead. */
async function removeLeftovers(dir) {
  const parent = dirname(dir);
  for (const name of await readdir(parent))
    if (name.includes(".building-") && join(parent, name).startsWith(dir))
      await rm(join(parent, name), { recursive: true, force: true });
}

if (import.meta.url === pathToFileURL(process.argv[1] ?? "").href) {
  try {
    const assets = await kubeAssets();
    if (assets) console.log(assets.dir);
    else process.exitCode = 3;
  } catch (error) {
    console.error(error.message);
    process.exitCode = 1;
  }
}
