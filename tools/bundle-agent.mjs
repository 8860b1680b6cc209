// `npm run bundle:agent`: the agent as one file, dist/agent.cjs, that needs Node 24 and nothing else.
//   --built    dist/ is fresh already
import { statSync } from "node:fs";
import { join } from "node:path";
import { build as bundle } from "esbuild";
import { build, root } from "./build.mjs";

const FILE = join(root, "dist", "agent.cjs");

if (!process.argv.includes("--built") && !build()) process.exit(1);
// From what swc compiled, never from TypeScript: esbuild drops the metadata that injection lives on.
await bundle({
  entryPoints: [join(root, "dist", "apps", "agent", "src", "main.js")],
  outfile: FILE,
  bundle: true,
  platform: "node",
  target: "node24",
  format: "cjs",
  minifySyntax: true,
  minifyWhitespace: true,
  keepNames: true,
  sourcemap: "linked",
  sourcesContent: false,
  legalComments: "linked",
  logLevel: "warning",
  // Of the client only the reading of kubeconfigs is used; a require of its index would take all of its 1,500 models along.
  alias: {
    "@kubernetes/client-node": join(
      root,
      "node_modules/@kubernetes/client-node/dist/config.js",
    ),
  },
  // Nest asks for these and does without them.
  external: [
    "@nestjs/websockets",
    "@nestjs/websockets/*",
    "@nestjs/microservices",
    "@nestjs/microservices/*",
    "@nestjs/platform-express",
    "class-transformer",
    "class-transformer/*",
    "class-validator",
  ],
});
const megabytes = (statSync(FILE).size / 1e6).toFixed(2);
console.log(`Wrote dist/agent.cjs (${megabytes} MB).`);
