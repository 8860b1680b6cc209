import type { CustomFetch } from "openid-client";

/** As fetch, but reads the whole answer at once, and gives up where it is longer than that. */
export function boundedFetch(mostBytes: number): CustomFetch {
  return async (url, options) => {
    const response = await fetch(url, options as RequestInit);
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
  const body: AsyncIterable<Uint8Array> | undefined =
    response.body ?? undefined;
  for await (const chunk of body ?? []) {
    bytes += chunk.byteLength;
    // Leaving the loop cancels what is still to come.
    if (bytes > mostBytes)
      throw new Error(`The answer is longer than ${mostBytes} bytes.`);
    chunks.push(chunk);
  }
  return Buffer.concat(chunks);
}
