import { clone, isEqual, isFields, type Fields } from "../json";
import { badRequest, StatusError } from "./status-error";

/** JSON merge patch (RFC 7386). */
export function mergePatch(target: unknown, patch: unknown): unknown {
  if (!isFields(patch)) return patch;
  const result: Fields = isFields(target) ? { ...target } : {};
  for (const [name, value] of Object.entries(patch)) {
    if (value === null) delete result[name];
    else result[name] = mergePatch(result[name], value);
  }
  return result;
}

interface Operation {
  readonly op: string;
  readonly path: string;
  readonly from?: string;
  readonly value?: unknown;
}

const MOST_OPERATIONS = 10_000;

/**
 * JSON patch (RFC 6902).
 *
 * @throws StatusError 400 when it is no JSON patch, 422 when an operation cannot be done or a test fails
 */
export function jsonPatch(target: unknown, patch: unknown): unknown {
  if (!Array.isArray(patch) || !patch.every(isOperation))
    throw badRequest(
      "error decoding patch: it must be a list of JSON patch operations",
    );
  if (patch.length > MOST_OPERATIONS)
    throw new StatusError(
      413,
      "RequestEntityTooLarge",
      `The allowed maximum operations in a JSON patch is ${MOST_OPERATIONS}, got ${patch.length}`,
    );
  return patch.reduce(perform, clone(target));
}

function isOperation(value: unknown): value is Operation {
  return (
    isFields(value) &&
    typeof value["op"] === "string" &&
    typeof value["path"] === "string"
  );
}

type Perform = (document: unknown, operation: Operation) => unknown;

const PERFORM: Readonly<Record<string, Perform>> = {
  add: (document, { path, value }) =>
    set(document, parsePointer(path), clone(value)),
  remove: (document, { path }) => remove(document, parsePointer(path)),
  replace: (document, { path, value }) => {
    const pointer = parsePointer(path);
    if (pointer.length === 0) return clone(value);
    return set(remove(document, pointer), pointer, clone(value));
  },
  move: (document, { path, from = "" }) => {
    const source = parsePointer(from);
    const value = read(document, source);
    return set(remove(document, source), parsePointer(path), value);
  },
  copy: (document, { path, from = "" }) => {
    const value = read(document, parsePointer(from));
    return set(document, parsePointer(path), clone(value));
  },
  test: (document, { path, value }) => {
    if (!isEqual(read(document, parsePointer(path)), value)) throw impossible();
    return document;
  },
};

function perform(document: unknown, operation: Operation): unknown {
  const own = Object.hasOwn(PERFORM, operation.op)
    ? PERFORM[operation.op]
    : undefined;
  if (!own) throw impossible();
  return own(document, operation);
}

function parsePointer(pointer: string): string[] {
  if (pointer === "") return [];
  if (!pointer.startsWith("/")) throw impossible();
  return pointer
    .slice(1)
    .split("/")
    .map((part) => part.replaceAll("~1", "/").replaceAll("~0", "~"));
}

function read(document: unknown, path: readonly string[]): unknown {
  let current = document;
  for (const part of path) {
    if (Array.isArray(current)) current = current[indexIn(current, part)];
    else if (isFields(current) && Object.hasOwn(current, part))
      current = current[part];
    else throw impossible();
  }
  return current;
}

/** Changes the (already copied) document in place and returns it. */
function set(
  document: unknown,
  path: readonly string[],
  value: unknown,
): unknown {
  const last = path.at(-1);
  if (last === undefined) return value;
  const parent = read(document, path.slice(0, -1));
  if (Array.isArray(parent)) {
    const index =
      last === "-" || last === String(parent.length)
        ? parent.length
        : indexIn(parent, last);
    parent.splice(index, 0, value);
  } else if (isFields(parent)) {
    Object.defineProperty(parent, last, {
      value,
      enumerable: true,
      configurable: true,
      writable: true,
    });
  } else throw impossible();
  return document;
}

function remove(document: unknown, path: readonly string[]): unknown {
  const last = path.at(-1);
  if (last === undefined) throw impossible();
  read(document, path);
  const parent = read(document, path.slice(0, -1));
  if (Array.isArray(parent)) parent.splice(indexIn(parent, last), 1);
  else if (isFields(parent)) delete parent[last];
  return document;
}

function indexIn(list: readonly unknown[], part: string): number {
  const index = /^\d+$/.test(part) ? Number(part) : -1;
  if (index < 0 || index >= list.length) throw impossible();
  return index;
}

function impossible(): StatusError {
  return new StatusError(
    422,
    "Invalid",
    "the server rejected our request due to an error in our request",
  );
}
