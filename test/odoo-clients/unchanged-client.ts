/** One thing that a client is told to do; what is meant follows from `do`. */
export interface Command {
  readonly do: "sign_in" | "create" | "search" | "read" | "write" | "run";
  /** Of sign_in: another key than the right one. */
  readonly key?: string;
  readonly model?: string;
  readonly method?: string;
  readonly id?: number;
  readonly values?: object;
  readonly domain?: readonly unknown[];
  readonly fields?: readonly string[];
}

/** A client that nobody here wrote, and that is told what to do in one way for all of them: `{result}` or `{error}`. */
export interface UnchangedClient {
  ask(command: Command): Promise<Readonly<Record<string, unknown>>>;
  stop(): Promise<void>;
}
