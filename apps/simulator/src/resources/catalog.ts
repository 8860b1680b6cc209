import type { KubeObject } from "../kube-object";
import { BUILT_IN_TYPES } from "./built-in";
import { customResource } from "./custom-resource";
import type { ResourceType, ResourceVersion } from "./resource-type";

/** A resource in one of its served versions. */
export interface ServedResource {
  readonly type: ResourceType;
  readonly version: ResourceVersion;
}

/** Which resources are served now: the built-in ones, and one for each CustomResourceDefinition. */
export class Catalog {
  private custom = new Map<string, ResourceType>();

  all(): ResourceType[] {
    return [...BUILT_IN_TYPES, ...this.custom.values()];
  }

  find(
    group: string,
    version: string,
    plural: string,
  ): ServedResource | undefined {
    return this.match(
      (type) => type.group === group && type.plural === plural,
      version,
    );
  }

  findKind(apiVersion: string, kind: string): ServedResource | undefined {
    const [version = "", group = ""] = apiVersion.split("/").reverse();
    return this.match(
      (type) => type.group === group && type.kind === kind,
      version,
    );
  }

  /** Serves what the definition says, from now on. */
  define(definition: KubeObject): void {
    this.custom.set(definition.metadata.name, customResource(definition));
  }

  undefine(name: string): void {
    this.custom.delete(name);
  }

  private match(
    isWanted: (type: ResourceType) => boolean,
    versionName: string,
  ): ServedResource | undefined {
    const type = this.all().find(isWanted);
    const version = type?.versions.find(({ name }) => name === versionName);
    return type && version ? { type, version } : undefined;
  }
}
