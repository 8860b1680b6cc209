import type { Schema } from "../schema/schema";
import type { ManagerId } from "./managers";

/** What ownership needs to know of a write. */
export interface WriteContext {
  readonly writer: ManagerId;
  /** Of the whole object, with metadata. */
  readonly schema: Schema;
  readonly hasStatus: boolean;
  /** RFC 3339, whole seconds. */
  readonly now: string;
}
