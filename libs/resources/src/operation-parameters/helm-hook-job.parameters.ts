import type { FromSchema } from "../structural-schema";
import { type EngineParameters, EVERY_TYPE } from "./engine-parameters";
import { seconds, tries } from "./parameter-parts";
import { dnsSubdomain } from "../schema-parts";

const schema = {
  type: "object",
  description: "Which hook of the released chart is run.",
  required: ["hookName"],
  properties: {
    hookName: {
      ...dnsSubdomain,
      description: "Name of the Job in the chart's manifest of hooks.",
    },
    activeDeadlineSeconds: {
      ...seconds,
      description:
        "How long it may take, all tries together; absent: as the hook says.",
    },
    backoffLimit: {
      ...tries,
      description:
        "How often it is tried again after a failure; absent: as the hook says.",
    },
  },
} as const;

export type HelmHookJobParameters = FromSchema<typeof schema>;

export const HELM_HOOK_JOB_PARAMETERS: EngineParameters = {
  types: EVERY_TYPE,
  schema,
};
