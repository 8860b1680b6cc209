import { admissionPolicies } from "@vworkspace/resources";
import { stringify } from "yaml";
import { generatedFolder } from "./generated-folder";

/** Writes deploy/policies from libs/resources, a policy and its binding in each file; with --check only compares. */
generatedFolder(
  "policies",
  new Map(
    admissionPolicies().map(({ file, manifests }) => [
      file,
      manifests
        .map((manifest) =>
          stringify(manifest, { lineWidth: 100, aliasDuplicateObjects: false }),
        )
        .join("---\n"),
    ]),
  ),
);
