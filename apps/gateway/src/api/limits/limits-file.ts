import { readFileSync } from "node:fs";
import { ConfigurationError } from "@vworkspace/kernel";
import { parse } from "yaml";
import { z } from "zod";
import {
  FAILURE_LIMIT,
  type Limit,
  LIMIT_TABLE,
  type Limits,
  type LimitTable,
} from "./limits.table";

export const DEFAULT_LIMITS: Limits = {
  routes: LIMIT_TABLE,
  failures: FAILURE_LIMIT,
};

const count = z.int().min(1).max(1_000_000_000);
const windowed = { requests: count, windowSeconds: z.int().min(1).max(3600) };
const change = z
  .strictObject({
    ...windowed,
    inFlight: count,
    waiting: count,
    bodyBytes: z
      .int()
      .min(1024)
      .max(1024 * 1024),
  })
  .partial();
type Change = z.infer<typeof change>;
const fileSchema = z
  .strictObject({
    ...(Object.fromEntries(
      Object.keys(LIMIT_TABLE).map((name) => [name, change]),
    ) as Record<keyof typeof LIMIT_TABLE, typeof change>),
    failures: z.strictObject(windowed).partial(),
  })
  .partial();

/**
 * Limits with what a YAML or JSON file says otherwise, for example `events: {requests: 300, inFlight: 2}`.
 * @throws ConfigurationError naming file, field and remedy
 */
export function readLimitsFile(path: string | undefined): Limits {
  if (path === undefined) return DEFAULT_LIMITS;
  const read = fileSchema.safeParse(contentOf(path));
  if (!read.success) throw refused(path, read.error);
  const { failures, ...changes } = read.data;
  const routes = Object.fromEntries(
    Object.entries(LIMIT_TABLE).map(([name, limit]) => [
      name,
      changed(limit, changes[name as keyof typeof changes]),
    ]),
  );
  return {
    routes: routes as unknown as LimitTable,
    failures: { ...FAILURE_LIMIT, ...given(failures) },
  };
}

function contentOf(path: string): unknown {
  try {
    return parse(readFileSync(path, "utf8"), { maxAliasCount: 0 }) ?? {};
  } catch (error) {
    throw new ConfigurationError(
      `VWORKSPACE_LIMITS_FILE ${path} can't be read: ${error instanceof Error ? error.message : String(error)}`,
    );
  }
}

function changed(limit: Limit, change: Change = {}): Limit {
  const { inFlight, waiting, ...rest } = given(change);
  const turns = limit.turns && {
    ...limit.turns,
    ...given({ inFlight, waiting }),
  };
  return { ...limit, ...rest, ...(turns && { turns }) };
}

/** Without what isn't set. */
function given<T extends object>(change: T | undefined): Given<T> {
  return Object.fromEntries(
    Object.entries(change ?? {}).filter(([, value]) => value !== undefined),
  ) as Given<T>;
}
type Given<T> = { [K in keyof T]?: Exclude<T[K], undefined> };

function refused(path: string, error: z.ZodError): ConfigurationError {
  const [issue] = error.issues;
  const field = issue?.path.join(".") || "the file";
  return new ConfigurationError(
    `VWORKSPACE_LIMITS_FILE ${path}, ${field}: ${issue?.message ?? "is wrong"}. Rules are ${Object.keys(LIMIT_TABLE).join(", ")} and failures, each with requests and windowSeconds; docs/reference/limits.md has them.`,
  );
}
