import type { KubeApi, KubeObject, ObjectRef } from "@vworkspace/kube";

/** Thrown where an agent is killed, in place of an answer. */
export class Killed extends Error {}

/** The one call that an agent does not survive. */
export interface Kill {
  /** Its number, from 1; left out: there is none. */
  readonly at?: number | undefined;
  /** Reads are not counted. */
  readonly amongWrites?: true;
  /** The API server never gets it; else it is carried out, and only the answer is lost. */
  readonly isBefore?: boolean;
}

export interface InterruptedApi {
  readonly api: KubeApi;
  /** `verb Kind name` of every write that succeeded. */
  readonly writes: readonly string[];
  /** `Kind name` of each that created something. */
  readonly created: readonly string[];
  readonly calls: () => number;
}

const READS = ["get", "list"] as const;
const WRITES = ["create", "apply", "patch", "patchStatus", "delete"] as const;

type Call = (...all: unknown[]) => Promise<unknown>;

/** An API server whose client is killed at one of its calls; it tells what was asked of it. */
export function interruptedApi(
  server: KubeApi,
  kill: Kill = {},
): InterruptedApi {
  const api = Object.create(server) as KubeApi;
  const writes: string[] = [];
  const created: string[] = [];
  let calls = 0;

  async function counted(name: string, call: () => Promise<unknown>) {
    calls += 1;
    const isFatal = calls === kill.at;
    if (isFatal && kill.isBefore === true) throw new Killed(name);
    const answer = await call();
    if (isFatal) throw new Killed(name);
    return answer;
  }

  for (const verb of READS) {
    const real = server[verb].bind(server) as Call;
    const read: Call = (...all) => counted(verb, () => real(...all));
    if (kill.amongWrites !== true) Object.assign(api, { [verb]: read });
  }
  for (const verb of WRITES) {
    const real = server[verb].bind(server) as Call;
    const write: Call = (...all) =>
      counted(verb, async () => {
        const answer = await real(...all);
        const named = nameOf(all[0] as KubeObject | ObjectRef);
        writes.push(`${verb} ${named}`);
        if (verb === "create") created.push(named);
        return answer;
      });
    Object.assign(api, { [verb]: write });
  }
  return { api, writes, created, calls: () => calls };
}

function nameOf(about: KubeObject | ObjectRef): string {
  const { name } = "metadata" in about ? about.metadata : about;
  return `${about.kind} ${name}`;
}
