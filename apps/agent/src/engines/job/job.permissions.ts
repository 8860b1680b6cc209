import type { Permission } from "../../permissions/permission";
import { JOB_RUN_PERMISSIONS } from "../job-run/job-run.permissions";

/** What the engine job asks for. */
export const JOB_PERMISSIONS: readonly Permission[] = JOB_RUN_PERMISSIONS;
