import { FirstSchema1795561200000 } from "./1795561200000-first-schema";
import { SilenceAndRollback1795593600000 } from "./1795593600000-silence-and-rollback";

/** Every migration, oldest first. They run at start, as the owner role, under an advisory lock. */
export const MIGRATIONS = [
  FirstSchema1795561200000,
  SilenceAndRollback1795593600000,
];
