import type { ChartReference } from "@vworkspace/resources";

/** Answers of registries and Helm repositories, as Flux repeats them. */
const REFUSED =
  /\b(401|403)\b|unauthorized|forbidden|\bdenied\b|authentication/i;
const GONE =
  /NAME_UNKNOWN|repository name not known|index\.yaml.{0,80}\b404\b/i;

/** Whether the place that the chart should come from does not exist, so that waiting is of no use. */
export function isSourceGone(message: string): boolean {
  return GONE.test(message);
}

/** Flux's words for why a chart can't be fetched, with the remedy where credentials are the cause. */
export function chartFailureText(
  { secretRef }: ChartReference,
  message: string,
): string {
  if (!REFUSED.test(message)) return message;
  const remedy =
    secretRef === undefined
      ? "name a Secret with credentials in spec.chart.secretRef"
      : `check the credentials in Secret ${secretRef.name} (spec.chart.secretRef)`;
  return `${message}; ${remedy}`;
}
