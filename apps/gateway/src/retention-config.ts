import {
  type Environment,
  type EnvironmentVariable,
  readWholeNumber,
} from "@vworkspace/kernel";

export const RETENTION_ENVIRONMENT: readonly EnvironmentVariable[] = [
  {
    name: "VWORKSPACE_RETENTION_DAYS",
    default: "400",
    description: "Age at which months of events and settled jobs are dropped.",
  },
  {
    name: "VWORKSPACE_OPERATION_OBJECT_DAYS",
    default: "30",
    description:
      "How long the object of an operation stays in the cluster after its end; the record stays.",
  },
];

export interface RetentionConfig {
  readonly retentionDays: number;
  readonly operationObjectDays: number;
}

export function readRetentionConfig(environment: Environment): RetentionConfig {
  const read = (name: string, fallback: number) =>
    readWholeNumber(environment, name, fallback);
  return {
    retentionDays: read("VWORKSPACE_RETENTION_DAYS", 400),
    operationObjectDays: read("VWORKSPACE_OPERATION_OBJECT_DAYS", 30),
  };
}
