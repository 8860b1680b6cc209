import {
  CAPABILITY_ANNOTATIONS,
  ENGINE_PARAMETERS,
  type OperationType,
} from "@vworkspace/resources";

/** Verb to engines, comma-separated. */
export type Capabilities = Readonly<Record<string, string>>;

/** Verb → annotation under which agents read it: `backup` → `ops.vworkspace.io/backup`. */
const ANNOTATION_OF: ReadonlyMap<string, string> = new Map(
  (Object.keys(CAPABILITY_ANNOTATIONS) as OperationType[]).map((type) => {
    const [annotation] = CAPABILITY_ANNOTATIONS[type];
    return [annotation.slice(annotation.indexOf("/") + 1), annotation];
  }),
);
const ENGINES = Object.keys(ENGINE_PARAMETERS);

/** The first thing that is wrong with capabilities, as a sentence; undefined: nothing. */
export function capabilitiesProblem(
  capabilities: Capabilities,
): string | undefined {
  for (const [verb, text] of Object.entries(capabilities)) {
    if (!ANNOTATION_OF.has(verb))
      return `capabilities names the verb "${verb.slice(0, 80)}": give ${[...ANNOTATION_OF.keys()].join(", ")}.`;
    const wrong = enginesOf(text).find((engine) => !ENGINES.includes(engine));
    if (wrong !== undefined)
      return `capabilities names the engine "${wrong.slice(0, 80)}" for ${verb}: give ${ENGINES.join(", ")}, or several with commas.`;
  }
  return undefined;
}

/** What an instance's manifest carries, so that agents accept operations; what older entries hold besides is left out. */
export function capabilityAnnotations(
  capabilities: Capabilities,
): Readonly<Record<string, string>> {
  const annotations: Record<string, string> = {};
  for (const [verb, text] of Object.entries(capabilities)) {
    const annotation = ANNOTATION_OF.get(verb);
    const engines = enginesOf(text).filter((one) => ENGINES.includes(one));
    if (annotation !== undefined && engines.length > 0)
      annotations[annotation] = engines.join(",");
  }
  return annotations;
}

function enginesOf(text: string): readonly string[] {
  return text.split(",").map((engine) => engine.trim());
}
