import type { FromSchema } from "../structural-schema";
import { type EngineParameters, EVERY_TYPE } from "./engine-parameters";
import { seconds, texts, tries } from "./parameter-parts";
import { dnsSubdomain } from "../schema-parts";

const environmentName = {
  type: "string",
  pattern: "^[-._a-zA-Z][-._a-zA-Z0-9]*$",
  maxLength: 253,
} as const;

const schema = {
  type: "object",
  description: "What a pod runs, once.",
  required: ["image"],
  properties: {
    image: {
      type: "string",
      minLength: 1,
      maxLength: 1024,
      pattern: "^[^\\s]+$",
      description: "Image with its tag or digest.",
    },
    command: {
      ...texts,
      description: "Program and arguments; absent: the image's.",
    },
    args: { ...texts, description: "Arguments; absent: the image's." },
    env: {
      type: "array",
      maxItems: 256,
      description: "Environment of the program.",
      items: {
        type: "object",
        description: "One variable.",
        required: ["name"],
        properties: {
          name: { ...environmentName, description: "Its name." },
          value: {
            type: "string",
            maxLength: 32768,
            description: "Its value; what is secret comes from a Secret.",
          },
          secretRef: {
            type: "object",
            description: "A Secret of the namespace that has the value.",
            required: ["name", "key"],
            properties: {
              name: { ...dnsSubdomain, description: "Name of the Secret." },
              key: {
                ...environmentName,
                description: "Key in the Secret.",
              },
            },
          },
        },
      },
    },
    serviceAccountName: {
      ...dnsSubdomain,
      description:
        "Service account of the pod: vworkspace-operation-runner, or one that a person of the cluster labelled for it.",
    },
    activeDeadlineSeconds: {
      ...seconds,
      description: "How long it may take, all tries together.",
    },
    backoffLimit: {
      ...tries,
      description: "How often it is tried again after a failure; absent: 0.",
    },
  },
} as const;

export type JobParameters = FromSchema<typeof schema>;

export const JOB_PARAMETERS: EngineParameters = {
  types: EVERY_TYPE,
  schema,
  aliases: { timeoutSeconds: "activeDeadlineSeconds" },
};
