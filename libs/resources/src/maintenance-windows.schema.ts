import { dnsLabel } from "./schema-parts";

/** Five fields; what each may hold is for the parser of windows to judge. */
export const CRON_PATTERN = "^[-0-9A-Za-z*,/?LW#]+( +[-0-9A-Za-z*,/?LW#]+){4}$";

/** Wherever windows stand; the description is that of the place. */
export const maintenanceWindows = {
  type: "array",
  maxItems: 16,
  "x-kubernetes-list-type": "atomic",
  items: {
    type: "object",
    description: "One recurring window.",
    required: ["cron", "durationMinutes"],
    properties: {
      cron: {
        type: "string",
        description:
          "When it opens: minute, hour, day of month, month, day of week.",
        minLength: 9,
        maxLength: 128,
        pattern: CRON_PATTERN,
      },
      durationMinutes: {
        type: "integer",
        format: "int32",
        description: "How long it stays open, in minutes; at most a week.",
        minimum: 1,
        maximum: 10080,
      },
      timezone: {
        type: "string",
        description: "IANA name, for example Europe/Vienna; absent: UTC.",
        minLength: 1,
        maxLength: 64,
        pattern: "^[A-Za-z][-A-Za-z0-9_+/]*$",
      },
      set: {
        ...dnsLabel,
        description:
          "Of the windows with the same set one has to be open, and so for every set; absent: windows without one are a set as well. The control plane names here whose windows they are.",
      },
    },
  },
} as const;
