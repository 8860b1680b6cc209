import type { KubeApi } from "@vworkspace/kube";

/** Thrown in place of an answer. */
export class Killed extends Error {}

const CALLS = ["get", "list", "create", "patch", "delete"] as const;

/** An API whose client is killed at one of its calls, which the server still carries out. */
export function killingApi(
  api: KubeApi,
  killedAt: number,
): { readonly api: KubeApi; readonly calls: () => number } {
  let calls = 0;
  const killing = Object.create(api) as KubeApi;
  for (const call of CALLS) {
    const real = api[call].bind(api) as (...all: unknown[]) => Promise<unknown>;
    const dying = async (...all: unknown[]): Promise<unknown> => {
      calls += 1;
      const number = calls;
      const answer = await real(...all);
      if (number === killedAt) throw new Killed(call);
      return answer;
    };
    Object.assign(killing, { [call]: dying });
  }
  return { api: killing, calls: () => calls };
}
