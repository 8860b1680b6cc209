import { timingSafeEqual } from "node:crypto";
import { Controller, Get, Header, Inject, Req } from "@nestjs/common";
import { DomainError, isLoopback, VERSION } from "@vworkspace/kernel";
import type { FastifyRequest } from "fastify";
import { bearerOf } from "../agent/agent-request";
import { HealthService } from "./health.service";

export const METRICS_TOKEN = Symbol("MetricsToken");

/** For kubelets, load balancers and Prometheus. */
@Controller()
export class HealthController {
  constructor(
    private readonly health: HealthService,
    @Inject(METRICS_TOKEN) private readonly metricsToken: string,
  ) {}

  /** The process answers. */
  @Get("health/live")
  live(): { status: string; version: string } {
    return { status: "ok", version: VERSION };
  }

  /** The database answers and its schema is this program's; 503 else. */
  @Get("health/ready")
  ready(): Promise<{ status: string }> {
    return this.health.ready();
  }

  /** Prometheus text; for this machine, or with the metrics token. */
  @Get("metrics")
  @Header("content-type", "text/plain; version=0.0.4; charset=utf-8")
  metrics(@Req() request: FastifyRequest): Promise<string> {
    requireReader(request, this.metricsToken);
    return this.health.metrics();
  }
}

function requireReader(request: FastifyRequest, token: string): void {
  const [given, wanted] = [
    Buffer.from(bearerOf(request) ?? ""),
    Buffer.from(token),
  ];
  const hasToken =
    wanted.length > 0 &&
    given.length === wanted.length &&
    timingSafeEqual(given, wanted);
  const isLocal =
    isLoopback((request.socket.remoteAddress ?? "").replace(/^::ffff:/, "")) &&
    request.headers["x-forwarded-for"] === undefined;
  if (!hasToken && !isLocal)
    throw new DomainError(
      "unauthenticated",
      "Send the metrics token as bearer token (VWORKSPACE_METRICS_TOKEN).",
    );
}
