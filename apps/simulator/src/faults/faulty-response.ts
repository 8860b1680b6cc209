import type { ServerResponse } from "node:http";
import type { Clock } from "@vworkspace/kernel";

/** Breaks the connection after so many bytes of the body; the client gets those. */
export function cutAfter(response: ServerResponse, bytes: number): void {
  const write = response.write.bind(response);
  const end = response.end.bind(response);
  let left = bytes;
  /** @returns whether there is still a connection */
  const pass = (chunk: string): boolean => {
    const whole = Buffer.from(chunk);
    const piece = whole.subarray(0, left);
    const isCut = piece.length < whole.length || left <= 0;
    left -= piece.length;
    if (!isCut) return write(whole) || true;
    if (piece.length === 0) response.destroy();
    else write(piece, () => response.destroy());
    return false;
  };
  replaceBody(response, pass, (chunk) => {
    if (pass(chunk)) end();
  });
}

/** Holds every piece of the body back, each for so long after the one before it. */
export function slowDown(
  response: ServerResponse,
  eventMs: number,
  clock: Clock,
): void {
  const write = response.write.bind(response);
  const end = response.end.bind(response);
  const stopping = new AbortController();
  response.once("close", () => stopping.abort());
  let last = Promise.resolve();
  const later = (work: () => void) => {
    last = last.then(async () => {
      if (await clock.sleep(eventMs, stopping.signal)) work();
    });
    return true;
  };
  replaceBody(
    response,
    (chunk) => later(() => write(chunk)),
    (chunk) => later(() => end(chunk)),
  );
}

/** The simulator writes text, and never asks to be called back. */
function replaceBody(
  response: ServerResponse,
  write: (chunk: string) => boolean,
  end: (chunk: string) => void,
): void {
  response.write = write as typeof response.write;
  response.end = ((chunk: string = "") => {
    end(chunk);
    return response;
  }) as typeof response.end;
}
