import {
  type Environment,
  type EnvironmentVariable,
  readFlag,
} from "@vworkspace/kernel";

/** Variables about engines of operations. */
export const OPERATIONS_ENVIRONMENT: readonly EnvironmentVariable[] = [
  {
    name: "VWORKSPACE_VELERO_NAMESPACE",
    default: "velero",
    description: "Where Velero runs, and looks for its objects.",
  },
  {
    name: "VWORKSPACE_OPERATION_LOGS",
    default: "false",
    description:
      "Show the last lines of an operation's failed job in its status, values of the Secrets that it uses masked; whoever reads the operation reads them.",
  },
];

/** @throws ConfigurationError naming variable, value and remedy */
export function readOperationsConfig(environment: Environment): {
  readonly veleroNamespace: string;
  readonly showsOperationLogs: boolean;
} {
  return {
    veleroNamespace: environment["VWORKSPACE_VELERO_NAMESPACE"] || "velero",
    showsOperationLogs: readFlag(environment, "VWORKSPACE_OPERATION_LOGS"),
  };
}
