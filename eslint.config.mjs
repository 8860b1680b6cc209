import eslint from "@eslint/js";
import tseslint from "typescript-eslint";

const strictRules = {
  "@typescript-eslint/no-floating-promises": "error",
  "@typescript-eslint/no-misused-promises": "error",
  "@typescript-eslint/switch-exhaustiveness-check": [
    "error",
    { considerDefaultExhaustiveForUnions: true },
  ],
  "@typescript-eslint/no-explicit-any": "error",
  "@typescript-eslint/consistent-type-imports": "off",
  "@typescript-eslint/no-extraneous-class": "off",
  "@typescript-eslint/restrict-template-expressions": [
    "error",
    { allowNumber: true, allowBoolean: true },
  ],
  "@typescript-eslint/no-unused-vars": [
    "error",
    { argsIgnorePattern: "^_", varsIgnorePattern: "^_" },
  ],
  complexity: ["error", 10],
  "max-depth": ["error", 3],
  "max-params": ["error", 4],
  "@typescript-eslint/max-params": "off",
};

const size = (lines) => [
  "error",
  { max: lines, skipBlankLines: true, skipComments: true },
];

/** process.env is read in config.ts alone; every other file is handed what it needs. */
const noProcessEnv = {
  "no-restricted-properties": [
    "error",
    {
      object: "process",
      property: "env",
      message: "Read the environment in config.ts only.",
    },
  ],
};

export default tseslint.config(
  {
    ignores: ["dist/", "node_modules/", ".data/", "**/*.mjs", "**/*.cjs"],
  },
  eslint.configs.recommended,
  ...tseslint.configs.recommendedTypeChecked,
  {
    languageOptions: { parserOptions: { projectService: true } },
    rules: {
      ...strictRules,
      "max-lines-per-function": size(40),
      "max-lines": ["error", { max: 350 }],
    },
  },
  { files: ["apps/**/*.ts", "libs/**/*.ts"], rules: noProcessEnv },
  {
    // Pure code is a function of what it is given: it reads no clock, no environment and no chance.
    files: ["**/domain/**/*.ts", "**/*.decide.ts", "**/*.status.ts"],
    rules: {
      "no-restricted-globals": [
        "error",
        "process",
        "setTimeout",
        "setInterval",
        "fetch",
      ],
      "no-restricted-properties": [
        "error",
        { object: "Date", property: "now", message: "Pass the time in." },
        { object: "Math", property: "random", message: "Pass chance in." },
      ],
    },
  },
  {
    files: [
      "**/config.ts",
      "**/*.conformance.ts",
      "**/*.chaos.ts",
      "**/*.cluster-spec.ts",
      "**/*.db-spec.ts",
    ],
    rules: { "no-restricted-properties": "off" },
  },
  {
    files: [
      "**/*.spec.ts",
      "**/*.db-spec.ts",
      "**/*.cluster-spec.ts",
      "**/*.conformance.ts",
      "**/*.chaos.ts",
      "test/**/*.ts",
    ],
    rules: {
      "max-lines-per-function": "off",
      "max-lines": ["error", { max: 600 }],
      "@typescript-eslint/unbound-method": "off",
    },
  },
  {
    // What browsers get of the addon is JavaScript, and none of our TypeScript projects has it.
    files: ["addons/**/*.js"],
    extends: [tseslint.configs.disableTypeChecked],
    languageOptions: { parserOptions: { projectService: false } },
  },
  {
    // Migrations are lists of SQL statements: their length is the schema's.
    files: ["migrations/**/*.ts"],
    rules: { "max-lines-per-function": "off", "max-lines": "off" },
  },
);
