import type { ObjectRef } from "@vworkspace/kube";
import { PodLogs } from "../engines/engine";

/** Logs that a test has written; there are none of other containers. */
export class KeptPodLogs extends PodLogs {
  /** `namespace/pod/container`, as they were asked for. */
  readonly asked: string[] = [];
  private readonly texts = new Map<string, string>();

  /** In every container of this name. */
  write(container: string, text: string): this {
    this.texts.set(container, text);
    return this;
  }

  override tail(
    { namespace = "", name }: ObjectRef,
    container: string,
    lines: number,
  ): Promise<string | undefined> {
    this.asked.push(`${namespace}/${name}/${container}`);
    const text = this.texts.get(container);
    return Promise.resolve(text?.split("\n").slice(-lines).join("\n"));
  }
}
