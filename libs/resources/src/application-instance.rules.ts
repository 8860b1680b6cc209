import { INTEGRATION_RULES } from "./integrations.rules";
import { fieldOf, has, type Fields } from "./json-access";
import { immutable, type Rule, type StateRule } from "./rule";

const SPEC = ["spec"] as const;
const CHART = ["spec", "chart"] as const;
const VALUES = ["spec", "values"] as const;

const isPlaceholder = (spec: Fields) => fieldOf(spec, "mode") === "placeholder";

function neededWhenManaged(field: "chart" | "release"): StateRule {
  return {
    on: "state",
    at: SPEC,
    field,
    cel: `self.mode == 'placeholder' || has(self.${field})`,
    message: `spec.${field} is required in managed mode: add it, or set spec.mode to placeholder`,
    reason: "FieldValueRequired",
    holds: (spec) => isPlaceholder(spec) || has(spec, field),
  };
}

function refusedInPlaceholder(
  field: "chart" | "release" | "values" | "probes",
): StateRule {
  return {
    on: "state",
    at: SPEC,
    field,
    cel: `self.mode != 'placeholder' || !has(self.${field})`,
    message: `spec.${field} is refused in placeholder mode: remove it, since a placeholder installs nothing`,
    reason: "FieldValueForbidden",
    holds: (spec) => !isPlaceholder(spec) || !has(spec, field),
  };
}

function neededBySource(
  field: "inline" | "secretRef" | "configMapRef",
): StateRule {
  return {
    on: "state",
    at: VALUES,
    field,
    cel: `self.source != '${field}' || has(self.${field})`,
    message: `spec.values.${field} is required when spec.values.source is ${field}: add it, or name another source`,
    reason: "FieldValueRequired",
    holds: (values) =>
      fieldOf(values, "source") !== field || has(values, field),
  };
}

const mergeNeedsOne: StateRule = {
  on: "state",
  at: VALUES,
  field: "source",
  cel: "self.source != 'merge' || has(self.inline) || has(self.secretRef) || has(self.configMapRef)",
  message:
    "spec.values.source is merge, which needs at least one of spec.values.configMapRef, spec.values.secretRef and spec.values.inline: add one",
  reason: "FieldValueInvalid",
  holds: (values) =>
    fieldOf(values, "source") !== "merge" ||
    ["inline", "secretRef", "configMapRef"].some((field) => has(values, field)),
};

const chartUrl = (chart: Fields): string | undefined => {
  const url = fieldOf(chart, "url");
  return typeof url === "string" ? url : undefined;
};

const ociUrl: StateRule = {
  on: "state",
  at: CHART,
  field: "url",
  cel: "self.sourceType != 'oci' || self.url.startsWith('oci://')",
  message:
    "spec.chart.url must begin with oci:// when spec.chart.sourceType is oci, for example oci://registry.example.com/charts",
  reason: "FieldValueInvalid",
  holds: (chart) =>
    fieldOf(chart, "sourceType") !== "oci" ||
    (chartUrl(chart)?.startsWith("oci://") ?? true),
};

const helmUrl: StateRule = {
  on: "state",
  at: CHART,
  field: "url",
  cel: "self.sourceType != 'helm' || self.url.startsWith('https://') || self.url.startsWith('http://')",
  message:
    "spec.chart.url must begin with https:// or http:// when spec.chart.sourceType is helm, for example https://charts.example.com",
  reason: "FieldValueInvalid",
  holds: (chart) =>
    fieldOf(chart, "sourceType") !== "helm" ||
    /^https?:\/\//.test(chartUrl(chart) ?? "https://"),
};

const noCredentialsInUrl: StateRule = {
  on: "state",
  at: CHART,
  field: "url",
  cel: "!self.url.matches('^[a-z]+://[^/?#]*@')",
  message:
    "spec.chart.url must not carry credentials: put them in a Secret and name it in spec.chart.secretRef",
  reason: "FieldValueForbidden",
  holds: (chart) => !/^[a-z]+:\/\/[^/?#]*@/.test(chartUrl(chart) ?? ""),
};

/** Policies allow charts by the beginning of their address, which must mean what it says. */
const noWayOut: StateRule = {
  on: "state",
  at: CHART,
  field: "url",
  cel: "!self.url.matches('/[.][.]?([/?#]|$)|%2[eEfF]')",
  message:
    "spec.chart.url must not hold . or .. as a segment, nor %2e or %2f: write the address that it leads to",
  reason: "FieldValueForbidden",
  holds: (chart) => !/\/[.][.]?([/?#]|$)|%2[eEfF]/.test(chartUrl(chart) ?? ""),
};

export const APPLICATION_INSTANCE_RULES: readonly Rule[] = [
  immutable("mode", "delete the instance and create it with the other mode"),
  immutable(
    "release",
    "delete the instance and create it with the other release, since a renamed release would leave the old one behind",
  ),
  neededWhenManaged("chart"),
  neededWhenManaged("release"),
  refusedInPlaceholder("chart"),
  refusedInPlaceholder("release"),
  refusedInPlaceholder("values"),
  refusedInPlaceholder("probes"),
  ociUrl,
  helmUrl,
  noCredentialsInUrl,
  noWayOut,
  neededBySource("inline"),
  neededBySource("secretRef"),
  neededBySource("configMapRef"),
  mergeNeedsOne,
  ...INTEGRATION_RULES,
];
