import { customResourceDefinitions } from "@vworkspace/resources";
import { stringify } from "yaml";
import { generatedFolder } from "./generated-folder";

/** Writes deploy/crds from libs/resources; with --check only compares. */
generatedFolder(
  "crds",
  new Map(
    customResourceDefinitions().map(({ file, manifest }) => [
      file,
      stringify(manifest, { lineWidth: 100, aliasDuplicateObjects: false }),
    ]),
  ),
);
