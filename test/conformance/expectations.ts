import { isAgentBody } from "@vworkspace/contract";
import { z } from "zod";
import { jsonOf } from "./agent-session";
import type { Reply } from "./http-exchange";

const errorBodySchema = z.looseObject({
  error: z.string().regex(/^[a-z][a-z0-9_]*$/),
  message: z.string().min(1),
  requestId: z.string().min(1),
});

/** A refusal with one of these statuses, in the contract's error shape (ERR-1, MED-1). */
export function expectRefusal(reply: Reply, ...statuses: number[]): void {
  expect(statuses).toContain(reply.status);
  expect(isAgentBody(reply.headers["content-type"])).toBe(true);
  errorBodySchema.parse(jsonOf(reply));
}

export function expectNoContent(reply: Reply): void {
  expect({ status: reply.status, text: reply.text }).toEqual({
    status: 204,
    text: "",
  });
}

export function requestIdOf(reply: Reply): string {
  return errorBodySchema.parse(jsonOf(reply)).requestId;
}

/** What two refusals must share to look alike: everything but the request's own id and the job id that was sent. */
export function looksOf(reply: Reply, jobId: string): unknown {
  const { requestId: _, ...body } = errorBodySchema.parse(jsonOf(reply));
  const text = JSON.stringify(body).replaceAll(jobId, "ID");
  return { status: reply.status, body: JSON.parse(text) as unknown };
}

/** Repeats until `probe` says true; for what becomes true by itself a moment later. */
export async function eventually(
  probe: () => Promise<boolean>,
  tries = 100,
): Promise<void> {
  for (let left = tries; left > 0; left -= 1) {
    if (await probe()) return;
    await pause(50);
  }
  throw new Error("What should have become true did not.");
}

export function pause(ms: number): Promise<void> {
  return new Promise((resolve) => setTimeout(resolve, ms));
}
