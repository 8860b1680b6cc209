import type { CustomFetch } from "openid-client";

/** There was no answer, or not a whole one, in its time. */
export class Unreachable extends Error {}

/** As fetch, but reads the whole answer at once, and gives up where it is longer than that. */
export function boundedFetch(mostBytes: number): CustomFetch {
  return async (url, options) => {
    const { response, body } = await answerOf(
      url,
      options as RequestInit,
      mostBytes,
    );
    if (body.byteLength > mostBytes)
      throw new Error(`The answer is longer than ${mostBytes} bytes.`);
    const { status, statusText, headers } = response;
    // Some statuses may have no body, not even an empty one.
    const whole = response.body && body;
    return new Response(whole, { status, statusText, headers });
  };
}

/** The answer with as much of its body as it takes to see that it is too long. @throws Unreachable */
async function answerOf(
  url: string,
  options: RequestInit,
  mostBytes: number,
): Promise<{ response: Response; body: Buffer<ArrayBuffer> }> {
  try {
    const response = await fetch(url, options);
    const stream: AsyncIterable<Uint8Array> | null = response.body;
    const chunks: Uint8Array[] = [];
    let bytes = 0;
    for await (const chunk of stream ?? []) {
      chunks.push(chunk);
      bytes += chunk.byteLength;
      // Leaving the loop cancels what is still to come.
      if (bytes > mostBytes) break;
    }
    return { response, body: Buffer.concat(chunks) };
  } catch (error) {
    throw new Unreachable(wordsOf(error), { cause: error });
  }
}

/** Fetch itself says no more than that it failed. */
function wordsOf(error: unknown): string {
  const { message, cause } = error as Error & { cause?: { code?: string } };
  return cause?.code === undefined ? message : `${message}: ${cause.code}`;
}
