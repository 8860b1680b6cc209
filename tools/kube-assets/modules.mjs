import { readFile } from "node:fs/promises";
import { go } from "./go.mjs";

export const KUBERNETES_VERSION = "1.36.1";
export const ETCD_VERSION = "3.7.3";

const KUBERNETES = "k8s.io/kubernetes";
const ETCD = "go.etcd.io/etcd/server/v3";

/** A program's name in the assets directory, and whether a cluster can be started without it. */
export const PROGRAMS = [
  { name: "etcd", isRequired: true },
  { name: "kube-apiserver", isRequired: true },
  { name: "kube-controller-manager", isRequired: false },
  { name: "kubectl", isRequired: false },
];

/**
 * What go has to build, in order. etcd is a module of its own, because the two do not share the versions of what they
 * require.
 *
 * @returns {Promise<{title: string, goMod: string, packages: string[], rename: Record<string, string>, ldflags: string}[]>}
 */
export async function builds() {
  return [
    {
      title: `etcd ${ETCD_VERSION}`,
      goMod: goMod(ETCD, `v${ETCD_VERSION}`, [ETCD], []),
      packages: [ETCD],
      // go names a program after the last element of its package path that is no version.
      rename: { server: "etcd" },
      ldflags: "-s -w",
    },
    await kubernetes(),
  ];
}

async function kubernetes() {
  const version = `v${KUBERNETES_VERSION}`;
  const packages = PROGRAMS.filter(({ name }) => name !== "etcd").map(
    ({ name }) => `${KUBERNETES}/cmd/${name}`,
  );
  const upstream = await downloadGoMod(KUBERNETES, version);
  const [major, minor] = KUBERNETES_VERSION.split(".");
  const stamp = (name, value) =>
    `-X k8s.io/component-base/version.${name}=${value}`;
  return {
    title: `Kubernetes ${KUBERNETES_VERSION}`,
    goMod: goMod(KUBERNETES, version, packages, stagingReplaces(upstream)),
    packages,
    rename: {},
    // Without these the server says v0.0.0, and clients refuse features.
    ldflags: `-s -w ${stamp("gitVersion", version)} ${stamp("gitMajor", major)} ${stamp("gitMinor", minor)}`,
  };
}

async function downloadGoMod(module, version) {
  const answer = await go(["mod", "download", "-json", `${module}@${version}`]);
  return readFile(JSON.parse(answer).GoMod, "utf8");
}

/** Upstream replaces its staging modules by folders of its checkout; they are also published as v0.<minor>.<patch>. */
function stagingReplaces(upstreamGoMod) {
  const published = KUBERNETES_VERSION.replace(/^\d+/, "v0");
  const modules = upstreamGoMod.matchAll(
    /^\s*(?:replace\s+)?(\S+)\s+=>\s+\.\/staging\/src\/\S+$/gm,
  );
  return [...modules].map(
    ([, name]) => `replace ${name} => ${name} ${published}`,
  );
}

function goMod(module, version, tools, replaces) {
  return [
    "module vworkspace.invalid/kube-assets",
    "go 1.26.0",
    ...tools.map((tool) => `tool ${tool}`),
    `require ${module} ${version}`,
    ...replaces,
    "",
  ].join("\n");
}
