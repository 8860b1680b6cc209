import {
  Controller,
  Get,
  Header,
  HttpCode,
  Param,
  Post,
  UseGuards,
} from "@nestjs/common";
import {
  AGENT_MEDIA_TYPE,
  type OfferedJob,
  type ResultReport,
  resultReportSchema,
  type StatusReport,
  statusReportSchema,
} from "@vworkspace/contract";
import { JobService } from "../../delivery/jobs/job.service";
import {
  type PollRequest,
  PollService,
} from "../../delivery/pull/poll.service";
import { PayloadKeyService } from "../../trust/payload-keys/payload-key.service";
import type { ClusterPrincipal } from "../../fleet/clusters/domain/cluster";
import { ClusterGuard, MediaTypeGuard } from "./agent.guards";
import { Body, Poll, Principal } from "./agent-request";

/** Work for a cluster: offered, acked, reported on, settled (agent contract, JOB, ACK, STA, RES). */
@Controller("api/agent/jobs")
@UseGuards(MediaTypeGuard, ClusterGuard)
export class JobsController {
  constructor(
    private readonly polls: PollService,
    private readonly jobs: JobService,
    private readonly payloadKeys: PayloadKeyService,
  ) {}

  @Get()
  @Header("content-type", AGENT_MEDIA_TYPE)
  async poll(
    @Principal() principal: ClusterPrincipal,
    @Poll() poll: PollRequest,
  ): Promise<{ jobs: readonly OfferedJob[] }> {
    const jobs = await this.polls.poll(principal, poll);
    return { jobs: await this.payloadKeys.protect(principal, jobs) };
  }

  @Post(":id/ack")
  @HttpCode(204)
  ack(
    @Principal() principal: ClusterPrincipal,
    @Param("id") id: string,
  ): Promise<void> {
    return this.jobs.ack(principal, id);
  }

  @Post(":id/status")
  @HttpCode(204)
  status(
    @Principal() principal: ClusterPrincipal,
    @Param("id") id: string,
    @Body(() => statusReportSchema) report: StatusReport,
  ): Promise<void> {
    return this.jobs.report(principal, id, report);
  }

  @Post(":id/result")
  @HttpCode(204)
  result(
    @Principal() principal: ClusterPrincipal,
    @Param("id") id: string,
    @Body(() => resultReportSchema) result: ResultReport,
  ): Promise<void> {
    return this.jobs.settle(principal, id, result);
  }
}
