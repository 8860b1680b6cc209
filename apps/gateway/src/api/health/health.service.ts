import { Injectable } from "@nestjs/common";
import { DomainError } from "@vworkspace/kernel";
import { register } from "prom-client";
import { DatabaseHealth } from "../../database/database-health";
import { PollService } from "../../delivery/pull/poll.service";
import { EventService } from "../../observed/events/event.service";
import { Admission } from "../limits/admission.service";
import { counter, gauge } from "./scraped-metrics";

/** Whether the gateway can do its work, and what it has done. */
@Injectable()
export class HealthService {
  constructor(
    private readonly database: DatabaseHealth,
    private readonly polls: PollService,
    private readonly events: EventService,
    private readonly admission: Admission,
  ) {
    this.register();
  }

  async ready(): Promise<{ status: string }> {
    try {
      await this.database.check();
      return { status: "ready" };
    } catch (error) {
      throw new DomainError("unavailable", "The database is not ready.", {
        cause: error,
        retryAfterSeconds: 1,
      });
    }
  }

  metrics(): Promise<string> {
    return register.metrics();
  }

  private registerGate(): void {
    const { admission } = this;
    gauge(
      "vworkspace_requests_at_gate",
      "Requests that wait for their turn or have it, by kind.",
      (metric) => {
        for (const [gate, counts] of Object.entries(admission.counts))
          for (const [state, count] of Object.entries(counts))
            metric.set({ gate, state }, count);
      },
      ["gate", "state"],
    );
  }

  private register(): void {
    this.registerGate();
    const { database, polls, events } = this;
    gauge(
      "vworkspace_polls_waiting",
      "Long polls waiting on this replica.",
      (metric) => metric.set(polls.waiting),
    );
    gauge(
      "vworkspace_jobs_open",
      "Open jobs by state.",
      async (metric) => {
        metric.reset();
        for (const state of ["queued", "offered", "acked"])
          metric.set({ state }, 0);
        for (const { state, count } of await database.openJobs())
          metric.set({ state }, count);
      },
      ["state"],
    );
    counter(
      "vworkspace_database_queries_total",
      "Statements sent to the database by this replica.",
      () => ({ "": database.queries }),
    );
    counter(
      "vworkspace_events_total",
      "Events received by this replica, by what became of them.",
      () => ({ ...events.counts }),
      "result",
    );
  }
}
