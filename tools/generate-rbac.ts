import { ADMISSION_USERS } from "@vworkspace/resources";
import { Document, isMap, isSeq } from "yaml";
import { AGENT_PERMISSIONS } from "../apps/agent/src/permissions/agent-permissions";
import {
  agentRbac,
  type RbacManifest,
} from "../apps/agent/src/permissions/agent-rbac";
import { generatedFolder } from "./generated-folder";

/** Writes the agent's roles to deploy/agent from what its code declares; with --check only compares. */
generatedFolder(
  "agent",
  new Map([
    [
      "rbac.yaml",
      agentRbac(AGENT_PERMISSIONS, ADMISSION_USERS.agentNamespace)
        .map(withReasons)
        .join("---\n"),
    ],
  ]),
  "apps/agent/src",
);

/** As YAML, with the reason of each rule above it and its lists on one line each. */
function withReasons({ manifest, rules }: RbacManifest): string {
  const document = new Document(manifest, { aliasDuplicateObjects: false });
  for (const [index, { why }] of rules.entries()) {
    const rule = document.getIn(["rules", index]);
    if (!isMap(rule)) continue;
    rule.commentBefore = ` ${why}`;
    for (const list of rule.items.map(({ value }) => value))
      if (isSeq(list)) list.flow = true;
  }
  return document.toString({ lineWidth: 120 });
}
