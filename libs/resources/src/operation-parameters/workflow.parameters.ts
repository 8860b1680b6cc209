import type { FromSchema } from "../structural-schema";
import { type EngineParameters, EVERY_TYPE } from "./engine-parameters";
import { seconds, textMap } from "./parameter-parts";
import { dnsSubdomain } from "../schema-parts";

const schema = {
  type: "object",
  description: "Which WorkflowTemplate is run, and with what.",
  required: ["template"],
  properties: {
    template: {
      ...dnsSubdomain,
      description: "WorkflowTemplate of the namespace.",
    },
    templateParameters: {
      ...textMap,
      description:
        "Arguments of the template; each has to be one that it declares.",
    },
    timeoutSeconds: {
      ...seconds,
      description: "How long the workflow may take.",
    },
    failureAction: {
      type: "string",
      enum: ["Fail", "Degrade"],
      description:
        "What a failed workflow makes of the operation: Fail, or Degrade (succeeded, with Degraded); absent: Fail.",
    },
  },
} as const;

export type WorkflowParameters = FromSchema<typeof schema>;

export const WORKFLOW_PARAMETERS: EngineParameters = {
  types: EVERY_TYPE,
  schema,
  aliases: {
    workflowTemplate: "template",
    workflowTemplateParameters: "templateParameters",
  },
};
