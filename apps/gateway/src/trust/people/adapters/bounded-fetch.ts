import type { CustomFetch } from "openid-client";

/** There was no answer, or not a whole one, in its time. */
export class Unreachable extends Error {}

/** As fetch, but reads the whole answer at once, and gives up where it is longer than that. */
export function boundedFetch(mostBytes: number): CustomFetch {
  return async (url, options) => {
    const response = await reached(fetch(url, options as RequestInit));
    const { status, statusText, headers } = response;
    const body = response.body && (await readWithin(response, mostBytes));
    return new Response(body, { status, statusText, headers });
  };
}

async function readWithin(
  response: Response,
  mostBytes: number,
): Promise<Uint8Array<ArrayBuffer>> {
  const chunks: Uint8Array[] = [];
  let bytes = 0;
  const reader: ReadableStreamDefaultReader<Uint8Array> | undefined =
    response.body?.getReader();
  for (;;) {
    const chunk = reader && (await reached(reader.read()));
    if (!chunk?.value) return Buffer.concat(chunks);
    bytes += chunk.value.byteLength;
    if (bytes > mostBytes) {
      void reader?.cancel().catch(() => undefined);
      throw new Error(`The answer is longer than ${mostBytes} bytes.`);
    }
    chunks.push(chunk.value);
  }
}

async function reached<T>(attempt: Promise<T>): Promise<T> {
  try {
    return await attempt;
  } catch (error) {
    throw new Unreachable(wordsOf(error), { cause: error });
  }
}

/** Fetch itself says no more than that it failed. */
function wordsOf(error: unknown): string {
  const { message, cause } = error as Error & { cause?: { code?: string } };
  return cause?.code === undefined ? message : `${message}: ${cause.code}`;
}
