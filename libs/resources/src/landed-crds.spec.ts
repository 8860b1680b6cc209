import { readdirSync, readFileSync } from "node:fs";
import { join } from "node:path";
import { parse } from "yaml";
import { customResourceDefinitions } from "./custom-resource-definitions";
import {
  type ComparedSchema,
  narrowingChanges,
} from "./testing/schema-changes";

const LANDED = join(__dirname, "..", "landed");

interface Definition {
  readonly metadata: { readonly name: string };
  readonly spec: {
    readonly group: string;
    readonly scope: string;
    readonly names: { readonly kind: string; readonly plural: string };
    readonly versions: readonly Version[];
  };
}

interface Version {
  readonly name: string;
  readonly served: boolean;
  readonly storage: boolean;
  readonly schema: { readonly openAPIV3Schema: ComparedSchema };
  readonly subresources?: object;
}

/** Changes that the comparison takes for narrower and that are not: the beginning of the sentence, and why it is fine. */
const ACCEPTED: Readonly<Record<string, string>> = {
  "ApplicationInstance v1alpha1.spec: the rule self.mode != 'placeholder' || !has(self.probes)":
    "spec.probes is a new field, which no object had.",
  "ApplicationInstance v1alpha1.spec.integrations: the rule !(has(self.certManager)":
    "certManager.issuerRef is a new field, which no object had.",
  "ApplicationInstance v1alpha1.spec.integrations.externalSecrets: the rule":
    "Both fields that it is about are new, and no object had either.",
  "ApplicationInstance v1alpha1.spec.integrations.ingress: the rule":
    "The fields that need a host are new, and no object had one.",
};

const landed = readdirSync(LANDED).map((file) => ({
  file,
  before: parse(readFileSync(join(LANDED, file), "utf8")) as Definition,
}));

describe("The custom resources beside those that clusters hold (libs/resources/landed)", () => {
  it.each(landed.map(({ file, before }) => [file, before] as const))(
    "%s only grew",
    (file, before) => {
      const now = customResourceDefinitions().find((it) => it.file === file);
      expect(now).toBeDefined();
      const changes = definitionChanges(before, now?.manifest as Definition);
      const refused = changes.filter(
        (change) =>
          !Object.keys(ACCEPTED).some((accepted) =>
            change.startsWith(accepted),
          ),
      );
      expect(refused).toEqual([]);
    },
  );

  it("accepts nothing that isn't there", () => {
    const changes = landed.flatMap(({ file, before }) => {
      const now = customResourceDefinitions().find((it) => it.file === file);
      return definitionChanges(before, now?.manifest as Definition);
    });
    const stale = Object.keys(ACCEPTED).filter(
      (accepted) => !changes.some((change) => change.startsWith(accepted)),
    );
    expect(stale).toEqual([]);
  });
});

function definitionChanges(before: Definition, now: Definition): string[] {
  const identity = ({ spec }: Definition) =>
    [spec.group, spec.scope, spec.names.kind, spec.names.plural].join(" ");
  const renamed =
    identity(before) === identity(now)
      ? []
      : [
          `${before.metadata.name}: group, scope, kind and plural never change.`,
        ];
  const versions = before.spec.versions
    .filter(({ served }) => served)
    .flatMap((version) => {
      const path = `${before.spec.names.kind} ${version.name}`;
      const after = now.spec.versions.find(({ name }) => name === version.name);
      if (after?.served !== true)
        return [`${path} is served no more: clients still use it; keep it.`];
      const statusGone =
        version.subresources !== undefined && after.subresources === undefined;
      return [
        ...(statusGone ? [`${path} has no status any more: keep it.`] : []),
        ...narrowingChanges(
          version.schema.openAPIV3Schema,
          after.schema.openAPIV3Schema,
          path,
        ),
      ];
    });
  return [...renamed, ...versions];
}
