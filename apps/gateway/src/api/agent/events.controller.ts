import { Controller, Headers, Post, Res, UseGuards } from "@nestjs/common";
import { AGENT_MEDIA_TYPE, eventBatchSchema } from "@vworkspace/contract";
import type { FastifyReply } from "fastify";
import type { ClusterPrincipal } from "../../fleet/clusters/domain/cluster";
import { PresenceService } from "../../fleet/clusters/presence.service";
import { EventService } from "../../observed/events/event.service";
import { ClusterGuard, MediaTypeGuard } from "./agent.guards";
import { Body, Principal } from "./agent-request";

const REPRESENTATION = /(^|,)\s*return\s*=\s*"?representation"?\s*(,|;|$)/i;

/** What happened in a cluster (agent contract, EVT). */
@Controller("api/agent/events")
@UseGuards(MediaTypeGuard, ClusterGuard)
export class EventsController {
  constructor(
    private readonly events: EventService,
    private readonly presence: PresenceService,
  ) {}

  /** 204, or 200 with an account of the batch where `Prefer: return=representation` (RFC 7240) asks for one. */
  @Post()
  async ingest(
    @Principal() principal: ClusterPrincipal,
    @Body(() => eventBatchSchema) batch: { events: readonly unknown[] },
    @Headers("prefer") prefer: string | undefined,
    @Res() reply: FastifyReply,
  ): Promise<void> {
    this.presence.note(principal);
    const answer = await this.events.ingest(principal, batch.events);
    await (REPRESENTATION.test(prefer ?? "")
      ? reply.status(200).header("content-type", AGENT_MEDIA_TYPE).send(answer)
      : reply.status(204).send());
  }
}
