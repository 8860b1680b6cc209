import type { ModelDescription } from "./two-companies";

const TEXTS = ["char", "text", "selection", "html"];

/** Each text of each of the addon's models, and each text of what it refers to. */
export function* guessedPaths(
  models: Readonly<Record<string, ModelDescription>>,
): Generator<readonly [string, string]> {
  const textsOf = (model: string) =>
    Object.entries(models[model]?.fields ?? {})
      .filter(([, { type }]) => TEXTS.includes(type))
      .map(([name]) => name);
  for (const [model, { fields }] of Object.entries(models)) {
    if (!("id" in fields)) continue;
    for (const name of textsOf(model)) yield [model, name];
    for (const [name, { relation }] of Object.entries(fields)) {
      if (relation === false) continue;
      const beyond = textsOf(relation);
      for (const text of beyond.length > 0 ? beyond : ["display_name"])
        yield [model, `${name}.${text}`];
    }
  }
}
