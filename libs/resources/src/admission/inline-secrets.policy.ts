import { SECRET_LOOKS } from "../inline-secrets";
import { celText, celTexts, type AdmissionPolicy } from "./admission-policy";
import { INSTANCES } from "./our-resources";

/**
 * Levels of inline values that the policy looks into. What lies deeper is left to the agent and the gateway, which look 32
 * deep, and not refused here: an affinity below a component of a chart is deeper than 8 and holds no secret.
 */
export const POLICY_MAX_DEPTH = 8;

const INLINE = "spec.values.inline";

/** CEL that knows no recursion: the check of one level, written into itself once for each level. */
function findings(
  container: string,
  key: string,
  path: string,
  level: number,
): string {
  const [item, entry] = [`i${level}`, `e${level}`];
  const ofMap = `{"k": dyn(${item}), "p": dyn(${path} + "." + string(${item})), "v": dyn(${container}[${item}])}`;
  const ofList = `{"k": dyn(${key}), "p": dyn(${path} + "[]"), "v": dyn(${item})}`;
  const inside =
    level === POLICY_MAX_DEPTH
      ? '""'
      : `type(${entry}.v) == map || type(${entry}.v) == list ? ${findings(`${entry}.v`, `${entry}.k`, `${entry}.p`, level + 1)} : ""`;
  const finding = `${looksSecret(entry)} ? string(${entry}.p) + ", " : ""`;
  return `${container}.map(${item}, [type(${container}) == map ? ${ofMap} : ${ofList}].map(${entry}, type(${entry}.v) == string ? (${finding}) : (${inside})).join("")).join("")`;
}

function looksSecret(entry: string): string {
  const { keys, suffix, namesASecret, pemPrivateKey, placeholders } =
    SECRET_LOOKS;
  const [key, text] = [`string(${entry}.k)`, `string(${entry}.v)`];
  // The plain search comes first: matching a pattern against a long text costs 60 times as much of the budget.
  const isPem = `${text}.contains("PRIVATE KEY-----") && ${text}.matches(${celText(pemPrivateKey)})`;
  const isSecretKey = `${key}.lowerAscii().matches(${celText(`${suffix}|^(${keys.join("|")})$`)})`;
  const isReference = `${key}.matches(${celText(namesASecret)})`;
  const isPlaceholder = `${text}.trim().lowerAscii() in ${celTexts(placeholders)}`;
  return `(${isPem}) || (${isSecretKey} && !${isReference} && !(${isPlaceholder}))`;
}

const hasInline = (holder: string): string =>
  `has(${holder}.spec) && has(${holder}.spec.values) && has(${holder}.spec.values.inline)`;

const REMEDY =
  "put the value in a Secret and name it in spec.values.secretRef, or use the chart's existingSecret";

/** No secrets in inline values, as `secretLookingPaths` finds them. */
export const INLINE_SECRETS: AdmissionPolicy = {
  name: "inline-secrets",
  match: [{ ...INSTANCES, operations: ["CREATE", "UPDATE"] }],
  onlyIf: {
    "has-inline-values": hasInline("object"),
    // What was stored before the policy stays usable: finalizers and annotations can still be written.
    "values-changed": `oldObject == null || !(${hasInline("oldObject")}) || object.spec.values != oldObject.spec.values`,
  },
  variables: {
    found: findings(`object.${INLINE}`, '""', celText(INLINE), 1),
  },
  validations: [
    {
      expression: 'variables.found == ""',
      message: `${INLINE} holds something that looks like a secret: ${REMEDY}`,
      messageExpression: `variables.found.substring(0, variables.found.size() - 2) + ${celText(` must not hold a secret: ${REMEDY}`)}`,
      reason: "Invalid",
    },
  ],
};
