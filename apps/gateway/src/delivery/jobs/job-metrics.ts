import { Counter, Histogram } from "prom-client";

/** Seconds from a job's making to its first offer, by the database's clock. */
export const deliverySeconds = new Histogram({
  name: "vworkspace_job_delivery_seconds",
  help: "Time from enqueue to first offer of a job.",
  buckets: [0.005, 0.02, 0.05, 0.1, 0.5, 1, 5, 30, 300, 3600],
});

export const settledJobs = new Counter({
  name: "vworkspace_jobs_settled_total",
  help: "Jobs settled through this replica, by how they ended.",
  labelNames: ["state"],
});
