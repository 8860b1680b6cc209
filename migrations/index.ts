import { FirstSchema1795561200000 } from "./1795561200000-first-schema";

/** Every migration, oldest first. They run at start, as the owner role, under an advisory lock. */
export const MIGRATIONS = [FirstSchema1795561200000];
