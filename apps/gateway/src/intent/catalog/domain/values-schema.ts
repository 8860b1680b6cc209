import { createContext, Script } from "node:vm";
import Ajv, { type ValidateFunction } from "ajv";

type JsonSchema = Readonly<Record<string, unknown>>;

const MAX_SCHEMA_CHARACTERS = 128 * 1024;
/** For compiling and for checking; what charts bring along needs a tenth of it. */
const MAX_MILLISECONDS = 1000;

/** What is wrong with a JSON Schema of values; undefined: nothing. */
export function schemaProblem(schema: JsonSchema): string | undefined {
  if (JSON.stringify(schema).length > MAX_SCHEMA_CHARACTERS)
    return "values_schema is larger than 128 KiB.";
  return withinTime(() => {
    compiled(schema);
    return undefined;
  });
}

/** The first way in which values don't fit a schema; undefined: they fit. */
export function misfit(
  schema: JsonSchema,
  values: unknown,
): string | undefined {
  return withinTime(() => {
    const validate = compiled(schema);
    if (validate(values)) return undefined;
    const [error] = validate.errors ?? [];
    return `values${(error?.instancePath ?? "").replaceAll("/", ".")} ${error?.message ?? "do not fit the catalog entry's schema"}.`;
  });
}

/** @throws Error where it is no schema, or one whose answer would be a promise: nobody waits for its rejection */
function compiled(schema: JsonSchema): ValidateFunction {
  const ajv = new Ajv({
    strict: false,
    allErrors: false,
    validateFormats: false,
  });
  const validate = ajv.compile(schema);
  if ("$async" in validate) throw new Error("$async is not supported");
  return validate;
}

const CALL = new Script("check()");

/**
 * A pattern or references that multiply can take for ever, and nothing else runs meanwhile: only the virtual machine can
 * end that. It protects from slowness alone; the schema stays data.
 */
function withinTime(check: () => string | undefined): string | undefined {
  try {
    const context = createContext({ check });
    return CALL.runInContext(context, { timeout: MAX_MILLISECONDS }) as
      string | undefined;
  } catch (error) {
    return `values_schema is no JSON Schema that can be used: ${reasonOf(error)}.`;
  }
}

function reasonOf(error: unknown): string {
  const { code } = error as { code?: unknown };
  if (code === "ERR_SCRIPT_EXECUTION_TIMEOUT")
    return `it takes longer than ${MAX_MILLISECONDS} ms; simplify its patterns and references`;
  if (error instanceof RangeError) return "it is nested too deeply";
  return error instanceof Error
    ? error.message.slice(0, 300)
    : "it does not compile";
}
