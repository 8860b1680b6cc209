import { DomainError, isLoopback } from "@vworkspace/kernel";
import type { FastifyInstance, FastifyReply, FastifyRequest } from "fastify";
import { refuse } from "../http/refuse";
import type { Admission } from "./admission.service";
import type { LimitedRequests } from "./limited-requests.service";
import { limitOf, type LimitTable } from "./limits.table";
import { Visit } from "./visit";

const COME_BACK_SECONDS = 5;

export interface RequestLimits {
  readonly admission: Admission;
  readonly limited: LimitedRequests;
  readonly routes: LimitTable;
  /** Requests of one address at once, waiting polls too; of addresses that are not this machine. */
  readonly maxRequestsPerAddress: number;
}

/** Before the first route is registered: gives each its size of bodies, and each request its visit. */
export function limitRequests(
  fastify: FastifyInstance,
  limits: RequestLimits,
): void {
  fastify.decorateRequest("visit");
  fastify.addHook("onRoute", (route) => {
    const [method = ""] = [route.method].flat();
    route.bodyLimit = limits.routes[limitOf(method, route.url)].bodyBytes;
  });
  const enter = perAddress(limits.maxRequestsPerAddress);
  fastify.addHook(
    "onRequest",
    async (request: FastifyRequest, reply: FastifyReply): Promise<void> => {
      const { method, url } = request.routeOptions;
      const limit = limitOf([method ?? request.method].flat()[0] ?? "", url);
      request.visit = new Visit(request.ip, limit, reply.raw);
      try {
        if (!enter(request.visit)) throw tooManyOf(request.visit, limits);
        await limits.admission.arrive(request.visit);
      } catch (error) {
        refuse(error, request, reply);
      }
    },
  );
}

/** @returns whether there is room for one more of this address, until it is answered */
function perAddress(most: number): (visit: Visit) => boolean {
  const open = new Map<string, number>();
  return ({ address, signal }) => {
    if (isLoopback(address)) return true;
    const count = open.get(address) ?? 0;
    if (count >= most) return false;
    open.set(address, count + 1);
    const leave = () => {
      const left = (open.get(address) ?? 1) - 1;
      if (left === 0) open.delete(address);
      else open.set(address, left);
    };
    if (signal.aborted) leave();
    else signal.addEventListener("abort", leave, { once: true });
    return true;
  };
}

function tooManyOf(
  visit: Visit,
  { limited, maxRequestsPerAddress }: RequestLimits,
): DomainError {
  limited.note(visit, "address");
  return new DomainError(
    "too_many_requests",
    `${maxRequestsPerAddress} requests of ${visit.address} are open already: send fewer at once.`,
    { retryAfterSeconds: COME_BACK_SECONDS },
  );
}
