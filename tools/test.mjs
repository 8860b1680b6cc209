// `npm test`: every kind of test, each starting the services it needs. Ends with one line: N passed, N failed[, N skipped].
//   npm test -- unit db             only these kinds
//   npm test -- --help
import { spawn, spawnSync } from "node:child_process";
import {
  chmodSync,
  existsSync,
  mkdirSync,
  mkdtempSync,
  readFileSync,
  rmSync,
} from "node:fs";
import { homedir, tmpdir } from "node:os";
import { join } from "node:path";
import { createInterface } from "node:readline";
import { build, root } from "./build.mjs";
import { kubeAssets } from "./kube-assets.mjs";

const KINDS = {
  unit: "functions and rules; no sockets, a clock moved by hand",
  db: "the gateway's stores and services on an embedded PostgreSQL",
  conformance:
    "the agent contract and Odoo's protocols over HTTP, against the fake gateway and the real one",
  simulator: "libs/kube, the CRDs and the agent against the simulated cluster",
  cluster: "the same against a real kube-apiserver and etcd",
  odoo: "the addon in a real Odoo 19, where there is a script that runs one; asked for by name also outages, companies, scale, life cycle",
  chaos:
    "kill -9 and broken connections of the whole product, 50 seeds (VWORKSPACE_CHAOS_SEEDS)",
};

/** Of the first start of an Odoo, with what it fetches. */
const ODOO_START_MS = 15 * 60_000;

const isCi = process.env.CI === "true";
const results = mkdtempSync(join(tmpdir(), "vworkspace-test-"));
// PostgreSQL runs as another user where the tests run as root: it must be able to pass through.
chmodSync(results, 0o711);
/** What agents under test ask of the API server, a file for each spec file. */
const permissions = join(results, "permissions");
mkdirSync(permissions);
/** Data directories that the tests of the run start from. */
const preparedData = join(results, "data");
mkdirSync(preparedData);
let hasRealCluster = false;
const totals = { passed: 0, failed: 0, skipped: 0 };

if (process.argv.includes("--help")) {
  console.log("npm test [-- KIND ...]\n");
  for (const [kind, what] of Object.entries(KINDS))
    console.log(`  ${kind.padEnd(12)} ${what}`);
  process.exit(0);
}
const chosen = process.argv.slice(2);
const unknown = chosen.find((kind) => !(kind in KINDS));
if (unknown !== undefined) {
  console.error(
    `There is no kind of test called ${unknown}: choose from ${Object.keys(KINDS).join(", ")}.`,
  );
  process.exit(2);
}
const wants = (kind) => chosen.length === 0 || chosen.includes(kind);

/** Runs one jest project and adds up what it counted. A run that executed nothing has failed. */
function jest(
  title,
  project,
  { environment = {}, paths = [], isSerial = false, isLoud = false } = {},
) {
  console.log(`\n── ${title}`);
  const outputFile = join(results, `${title.replaceAll(/[^a-z]+/g, "-")}.json`);
  const startedAt = Date.now();
  const { status } = spawnSync(
    process.execPath,
    [
      "--experimental-vm-modules",
      "--no-warnings",
      "node_modules/jest/bin/jest.js",
      "--selectProjects",
      project,
      "--json",
      `--outputFile=${outputFile}`,
      "--silent",
      "--forceExit",
      // Most of these tests wait more than they compute: no core is left out.
      isSerial ? "--runInBand" : "--maxWorkers=100%",
      ...(paths.length > 0 ? ["--", ...paths] : []),
    ],
    {
      cwd: root,
      stdio: ["ignore", isLoud ? "inherit" : "ignore", "inherit"],
      env: {
        ...process.env,
        VWORKSPACE_TEST_PERMISSIONS: permissions,
        VWORKSPACE_TEST_PREPARED_DATA: preparedData,
        ...environment,
      },
    },
  );
  const counted = readCounts(outputFile, status);
  totals.passed += counted.passed;
  totals.failed += counted.failed;
  totals.skipped += counted.skipped;
  const seconds = ((Date.now() - startedAt) / 1000).toFixed(0);
  console.log(
    `   ${title}: ${counted.passed} passed, ${counted.failed} failed${counted.skipped ? `, ${counted.skipped} skipped` : ""} (${seconds} s)`,
  );
}

function readCounts(outputFile, status) {
  try {
    const report = JSON.parse(readFileSync(outputFile, "utf8"));
    const failed = report.numFailedTests + report.numRuntimeErrorTestSuites;
    const isEmpty = report.numTotalTests === 0;
    return {
      passed: report.numPassedTests,
      failed: Math.max(failed, status === 0 && !isEmpty ? 0 : 1),
      skipped: report.numPendingTests,
    };
  } catch {
    return { passed: 0, failed: 1, skipped: 0 };
  }
}

/** Starts one real API server for all files of the suite. */
function serveCluster(environment) {
  const child = spawn(process.execPath, ["dist/test/cluster/serve.js"], {
    cwd: root,
    stdio: ["ignore", "pipe", "inherit"],
    env: { ...process.env, ...environment },
  });
  return new Promise((resolve, reject) => {
    createInterface({ input: child.stdout }).on("line", (line) =>
      resolve({ child, facts: JSON.parse(line) }),
    );
    child.once("exit", (code) =>
      reject(new Error(`The API server ended with ${code}.`)),
    );
  });
}

/** The agent's roles against what it asked for: one test, after all the others. */
function checkPermissions() {
  const isReal = hasRealCluster ? ["--unused"] : [];
  const { status } = spawnSync(
    process.execPath,
    ["dist/tools/check-permissions.js", permissions, ...isReal],
    { cwd: root, stdio: "inherit" },
  );
  totals[status === 0 ? "passed" : "failed"] += 1;
  console.log(
    `   the agent's roles: ${status === 0 ? "what it uses" : "not what it uses"}${hasRealCluster ? "" : "; whether they hold too much only a real API server shows"}`,
  );
}

async function realCluster() {
  const assets = await kubeAssets({ log: (line) => console.log(`   ${line}`) });
  if (!assets) {
    console.log("   cluster: skipped, there is no kube-apiserver (see above).");
    totals.skipped += 1;
    if (isCi) totals.failed += 1;
    return;
  }
  hasRealCluster = true;
  const environment = {
    VWORKSPACE_TEST_CLUSTER: "kube-apiserver",
    KUBEBUILDER_ASSETS: assets.dir,
  };
  const { child, facts } = await serveCluster(environment);
  try {
    jest("cluster, kube-apiserver", "cluster", {
      // One server for all files, and some of them install and remove the same definitions.
      isSerial: true,
      environment: {
        ...environment,
        VWORKSPACE_TEST_KUBECONFIG: facts.kubeconfig,
      },
    });
  } finally {
    child.removeAllListeners("exit");
    const ended = new Promise((resolve) => child.once("exit", resolve));
    child.kill("SIGTERM");
    await ended;
  }
}

/**
 * The script that runs an Odoo is no part of this repository: where it isn't, or can't start one, that is said, and nothing is
 * counted. Of all kinds together only the first course runs; outages, companies, scale and life cycle take most of an hour.
 */
function realOdoo() {
  const rig = process.env.VWORKSPACE_ODOO_RIG ?? "../shared/rig/odoo.sh";
  const isAsked = chosen.includes("odoo");
  const problem = isAsked ? missingScript(rig) : odooProblem(rig);
  if (problem === undefined) {
    jest("odoo", "odoo", {
      isSerial: true,
      isLoud: true,
      paths: isAsked ? [] : ["test/odoo/real-odoo"],
    });
    return;
  }
  console.log(`\n── odoo\n   odoo: not run: ${problem}`);
  if (isAsked) totals.failed += 1;
}

function missingScript(rig) {
  return existsSync(join(root, rig)) || existsSync(rig)
    ? undefined
    : `there is no ${rig}; VWORKSPACE_ODOO_RIG may name another.`;
}

/** Its first start fetches Odoo and PostgreSQL, which takes a network. */
function odooProblem(rig) {
  const missing = missingScript(rig);
  if (missing !== undefined) return missing;
  const cache = process.env.XDG_CACHE_HOME ?? join(homedir(), ".cache");
  const folder = join(cache, "vworkspace", "odoo-19");
  const temporary = mkdtempSync(join(tmpdir(), "vworkspace-addons-"));
  const addons = join(temporary, "addons");
  spawnSync(process.execPath, ["tools/assemble-addon.mjs", "19", addons], {
    cwd: root,
  });
  const run = (command) =>
    spawnSync("bash", [rig, folder, addons, command], {
      cwd: root,
      encoding: "utf8",
      timeout: ODOO_START_MS,
      // As test/odoo/odoo-rig.ts starts it.
      env: {
        PATH: process.env.PATH,
        HOME: process.env.HOME,
        DB: "vworkspace_trial",
      },
    });
  mkdirSync(folder, { recursive: true });
  const { status, stderr } = run("up");
  run("stop");
  rmSync(temporary, { recursive: true, force: true });
  return status === 0
    ? undefined
    : `${rig} starts no Odoo here: ${stderr.trim().split("\n").at(-1) || "it took too long"}.`;
}

/** Without PostgreSQL every other test would fail too. */
function prepareData() {
  const { status } = spawnSync(
    process.execPath,
    ["dist/test/db/make-prepared-data.js", preparedData],
    { cwd: root, stdio: "inherit" },
  );
  if (status !== 0) process.exit(1);
}

if (!build()) process.exit(1);
if (["db", "conformance", "odoo", "chaos"].some(wants)) prepareData();
if (wants("unit")) jest("unit", "unit");
if (wants("db")) jest("database", "db");
if (wants("conformance")) {
  jest("conformance, fake gateway and codecs", "conformance", {
    environment: { VWORKSPACE_CONFORMANCE_TARGET: "fake" },
  });
  jest("conformance, real gateway", "conformance", {
    environment: { VWORKSPACE_CONFORMANCE_TARGET: "gateway" },
    // The other files start a gateway of their own, whatever the target.
    paths: ["test/conformance/agent-contract"],
  });
}
if (wants("simulator"))
  jest("cluster, simulator", "cluster", {
    environment: { VWORKSPACE_TEST_CLUSTER: "simulator" },
  });
if (wants("cluster")) await realCluster();
if (wants("odoo")) realOdoo();
if (wants("chaos")) jest("chaos", "chaos");
if (wants("simulator") || wants("cluster")) checkPermissions();

rmSync(results, { recursive: true, force: true });
if (isCi && totals.skipped > 0 && totals.failed === 0) {
  console.log("\nIn CI a skipped test counts as failed.");
  totals.failed += totals.skipped;
}
console.log(
  `\n${totals.passed} passed, ${totals.failed} failed${totals.skipped > 0 ? `, ${totals.skipped} skipped` : ""}`,
);
process.exit(totals.failed > 0 ? 1 : 0);
