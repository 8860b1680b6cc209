import type { Operation } from "@vworkspace/resources";
import type { Approval } from "./observation";

/** Judges the claim of an operation that asks for approval. */
export abstract class Approvals {
  abstract judge(operation: Operation): Promise<Approval>;
}
