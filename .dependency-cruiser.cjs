/**
 * The arrows of the house (CONTRIBUTING.md, "Arrows"). Storeys stand in the order api → observed → intent → delivery →
 * fleet → trust → database; each imports only what stands below it.
 */
const storeys = [
  "api",
  "observed",
  "intent",
  "delivery",
  "fleet",
  "trust",
  "database",
];
const gateway = "^apps/gateway/src";

const storeyRules = storeys.slice(1).map((storey, index) => ({
  name: `gateway-${storey}-imports-only-below`,
  comment: `Nothing in ${storey} may import a storey above it.`,
  severity: "error",
  from: { path: `${gateway}/${storey}/`, pathNot: "spec\\.ts$" },
  to: { path: `${gateway}/(${storeys.slice(0, index + 1).join("|")})/` },
}));

const pure = "(/domain/|\\.decide\\.ts$|\\.status\\.ts$)";

module.exports = {
  forbidden: [
    ...storeyRules,
    {
      name: "agent-engines-and-libs-below-reconcilers",
      severity: "error",
      from: { path: "^apps/agent/src/(engines|reporting|control-plane)/" },
      to: { path: "^apps/agent/src/(reconcilers|intake)/" },
    },
    {
      name: "agent-control-plane-is-the-bottom",
      severity: "error",
      from: { path: "^apps/agent/src/control-plane/" },
      to: { path: "^apps/agent/src/reporting/" },
    },
    {
      name: "pure-code-stays-pure",
      comment:
        "Domain, decide and status know no framework, database or cluster client.",
      severity: "error",
      from: { path: pure, pathNot: "\\.spec\\.ts$" },
      to: {
        path: "node_modules/(@nestjs|typeorm|pg|@kubernetes/client-node|fastify|undici)",
      },
    },
    {
      name: "domain-does-not-know-its-adapters",
      severity: "error",
      from: { path: "/domain/" },
      to: {
        path: "(/adapters/|\\.service\\.ts$|\\.controller\\.ts$|\\.module\\.ts$)",
      },
    },
    {
      name: "controllers-do-not-touch-adapters",
      severity: "error",
      from: { path: "\\.controller\\.ts$" },
      to: { path: "/adapters/" },
    },
    {
      name: "typeorm-lives-in-adapters",
      severity: "error",
      from: {
        path: "^(apps|libs)/",
        pathNot: "(/adapters/|^apps/gateway/src/database/|\\.(db-)?spec\\.ts$)",
      },
      to: { path: "node_modules/(typeorm|pg)/" },
    },
    {
      name: "kubernetes-client-lives-in-libs-kube",
      severity: "error",
      from: { path: "^(apps|libs)/", pathNot: "^libs/kube/" },
      to: { path: "node_modules/@kubernetes/client-node" },
    },
    {
      name: "no-deep-imports-into-a-lib",
      severity: "error",
      from: { path: "^(apps|libs)/([^/]+)/" },
      to: { path: "^libs/[^/]+/src/(?!index\\.ts$)", pathNot: "^libs/$2/" },
    },
    {
      name: "apps-meet-through-the-contract",
      comment:
        "But a fleet is many real agents: it starts them through the one file that is there for it.",
      severity: "error",
      from: { path: "^apps/([^/]+)/", pathNot: "^apps/simulator/src/fleet/" },
      to: { path: "^apps/", pathNot: "^apps/$1/" },
    },
    {
      name: "a-fleet-sees-an-agent-from-outside",
      severity: "error",
      from: { path: "^apps/simulator/src/fleet/" },
      to: {
        path: "^apps/",
        pathNot: "^apps/(simulator/|agent/src/embedded-agent\\.ts$)",
      },
    },
    {
      name: "libs-do-not-import-apps",
      severity: "error",
      from: { path: "^libs/" },
      to: { path: "^apps/" },
    },
    { name: "no-cycles", severity: "error", from: {}, to: { circular: true } },
    {
      name: "no-orphans",
      severity: "error",
      from: {
        orphan: true,
        pathNot:
          "(\\.d\\.ts$|\\.cjs$|\\.mjs$|\\.(spec|db-spec|cluster-spec|conformance)\\.ts$)",
      },
      to: {},
    },
    {
      name: "no-test-code-in-the-product",
      severity: "error",
      from: {
        path: "^(apps|libs)/",
        pathNot: "(/testing/|\\.(spec|db-spec|cluster-spec|conformance)\\.ts$)",
      },
      to: {
        path: "(/testing/|\\.(spec|db-spec|cluster-spec|conformance)\\.ts$|^test/)",
      },
    },
    {
      name: "resolvable",
      severity: "error",
      from: {},
      to: { couldNotResolve: true },
    },
  ],
  options: {
    tsConfig: { fileName: "tsconfig.json" },
    tsPreCompilationDeps: true,
    doNotFollow: { path: "node_modules" },
    exclude: { path: "^(dist|node_modules)/" },
    enhancedResolveOptions: {
      exportsFields: ["exports"],
      conditionNames: ["import", "require", "node", "default", "types"],
    },
  },
};
