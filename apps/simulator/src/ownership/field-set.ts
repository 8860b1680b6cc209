import { isFields, type Fields } from "../json";

/**
 * Fields of an object, each as a path. A path is the keys of FieldsV1 joined by NUL: `f:name` for a field,
 * `k:{"name":"x"}` for an item of a list that is a map, `v:"x"` for an item of a list that is a set. A flat set keeps
 * union and difference trivial.
 */
export type FieldSet = ReadonlySet<string>;

const SEPARATOR = "\u0000";

export function childKey(path: string, key: string): string {
  return path === "" ? key : `${path}${SEPARATOR}${key}`;
}

export function fieldKey(name: string): string {
  return `f:${name}`;
}

export function union(...sets: readonly FieldSet[]): FieldSet {
  return new Set(sets.flatMap((set) => [...set]));
}

export function difference(set: FieldSet, without: FieldSet): FieldSet {
  return new Set([...set].filter((path) => !without.has(path)));
}

export function intersection(left: FieldSet, right: FieldSet): FieldSet {
  return new Set([...left].filter((path) => right.has(path)));
}

export function isSame(left: FieldSet, right: FieldSet): boolean {
  return left.size === right.size && difference(left, right).size === 0;
}

/** Whether the path or anything below it is in the set. */
export function reaches(set: FieldSet, path: string): boolean {
  if (set.has(path)) return true;
  const prefix = `${path}${SEPARATOR}`;
  for (const one of set) if (one.startsWith(prefix)) return true;
  return false;
}

export function isUnder(path: string, ancestor: string): boolean {
  return path === ancestor || path.startsWith(`${ancestor}${SEPARATOR}`);
}

/** As managedFields carries it: nested, `.` where a container itself is a member besides its content. */
export function toFieldsV1(set: FieldSet): Fields {
  const root: Fields = {};
  for (const path of [...set].sort()) {
    let node = root;
    for (const key of path.split(SEPARATOR)) {
      const next = node[key];
      node = isFields(next) ? next : (node[key] = {});
    }
    node["."] = {};
  }
  return withoutLonelyDots(root);
}

/** `{"f:a": {".": {}}}` is written `{"f:a": {}}`. */
function withoutLonelyDots(node: Fields): Fields {
  const entries = Object.entries(node);
  if (entries.length === 1 && entries[0]?.[0] === ".") return {};
  return Object.fromEntries(
    entries.map(([key, value]) => [
      key,
      key === "." || !isFields(value) ? value : withoutLonelyDots(value),
    ]),
  );
}

export function fromFieldsV1(fields: Fields): FieldSet {
  const set = new Set<string>();
  const visit = (node: Fields, path: string) => {
    for (const [key, value] of Object.entries(node)) {
      if (key === ".") set.add(path);
      else if (!isFields(value) || Object.keys(value).length === 0)
        set.add(childKey(path, key));
      else visit(value, childKey(path, key));
    }
  };
  visit(fields, "");
  return set;
}

/** For a person: `.spec.ports[name="x"].port`. */
export function describePath(path: string): string {
  return path.split(SEPARATOR).map(describeKey).join("");
}

function describeKey(key: string): string {
  const rest = key.slice(2);
  if (key.startsWith("f:")) return `.${rest}`;
  if (key.startsWith("v:")) return `[=${rest}]`;
  const identity = JSON.parse(rest) as Fields;
  const parts = Object.entries(identity).map(
    ([name, value]) => `${name}=${JSON.stringify(value)}`,
  );
  return `[${parts.join(",")}]`;
}

/** The API's order: at each level first what is a member, then what has content, both by name. */
export function inOrder(set: FieldSet): string[] {
  const paths: string[] = [];
  const visit = (node: Fields, path: string) => {
    const keys = Object.keys(node).filter((key) => key !== ".");
    const isMember = (key: string) => set.has(childKey(path, key));
    paths.push(...keys.filter(isMember).map((key) => childKey(path, key)));
    for (const key of keys) {
      const child = node[key];
      if (isFields(child)) visit(child, childKey(path, key));
    }
  };
  visit(toFieldsV1(set), "");
  return paths;
}
