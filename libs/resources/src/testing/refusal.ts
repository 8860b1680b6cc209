import type { Manifest } from "./manifests";

/** A manifest that the CRD refuses, and so does the check in code. */
export interface Refusal {
  /** What is wrong: "refuses …". */
  readonly title: string;
  readonly manifest: Manifest;
  readonly field: string;
  /** The rule's whole sentence; absent where the schema refuses in the words of each server. */
  readonly message?: string;
}
