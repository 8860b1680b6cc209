/** A path below /api or /apis that names a resource. */
export interface ResourcePath {
  readonly group: string;
  readonly version: string;
  readonly plural: string;
  readonly namespace: string | undefined;
  readonly name: string | undefined;
  readonly subresource: string | undefined;
}

/** What a path names; "other" is anything the API does not know. */
export type RequestPath =
  | { readonly kind: "resource"; readonly path: ResourcePath }
  | {
      readonly kind: "groupVersion";
      readonly group: string;
      readonly version: string;
    }
  | { readonly kind: "group"; readonly group: string }
  | { readonly kind: "other"; readonly pathname: string };

export function parsePath(pathname: string): RequestPath {
  const parts = pathname.split("/").slice(1);
  if (parts.at(-1) === "") parts.pop();
  const [root, ...rest] = parts.map(decodeURIComponent);
  if (root === "api" && rest.length > 0) return below("", rest);
  if (root === "apis" && rest.length === 1)
    return { kind: "group", group: rest[0] ?? "" };
  if (root === "apis" && rest.length > 1)
    return below(rest[0] ?? "", rest.slice(1));
  return { kind: "other", pathname };
}

function below(group: string, [version = "", ...rest]: string[]): RequestPath {
  if (rest.length === 0) return { kind: "groupVersion", group, version };
  return { kind: "resource", path: { group, version, ...resource(rest) } };
}

type Rest = Omit<ResourcePath, "group" | "version">;

function resource(parts: readonly string[]): Rest {
  const [first = "", second, third] = parts;
  const isInNamespace =
    first === "namespaces" &&
    third !== undefined &&
    !["status", "finalize"].includes(third);
  if (isInNamespace)
    return {
      plural: third,
      namespace: second,
      name: parts[3],
      subresource: joined(parts.slice(4)),
    };
  return {
    plural: first,
    namespace: undefined,
    name: second,
    subresource: joined(parts.slice(2)),
  };
}

function joined(parts: readonly string[]): string | undefined {
  return parts.length === 0 ? undefined : parts.join("/");
}
