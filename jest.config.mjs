const base = {
  rootDir: ".",
  roots: [
    "<rootDir>/apps",
    "<rootDir>/libs",
    "<rootDir>/test",
    "<rootDir>/migrations",
  ],
  testEnvironment: "node",
  transform: { "^.+\\.ts$": "@swc/jest" },
  moduleNameMapper: { "^@vworkspace/([a-z-]+)$": "<rootDir>/libs/$1/src" },
  setupFiles: ["reflect-metadata"],
};

/** One project per kind of test; the file's ending says which (style: CONTRIBUTING.md, "Tests"). */
export default {
  // A hang ends in time, and a slow machine is no failure.
  testTimeout: 180_000,
  projects: [
    { ...base, displayName: "unit", testMatch: ["**/*.spec.ts"] },
    { ...base, displayName: "db", testMatch: ["**/*.db-spec.ts"] },
    { ...base, displayName: "conformance", testMatch: ["**/*.conformance.ts"] },
    { ...base, displayName: "chaos", testMatch: ["**/*.chaos.ts"] },
    { ...base, displayName: "cluster", testMatch: ["**/*.cluster-spec.ts"] },
    { ...base, displayName: "odoo", testMatch: ["**/*.odoo.ts"] },
  ],
};
