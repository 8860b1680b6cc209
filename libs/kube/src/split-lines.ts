import { KubeError, LOCAL_REASONS } from "./kube-error";

const NEWLINE = 0x0a;

/**
 * The lines of a byte stream as texts. Bytes are put together before they are decoded, so that a character or a line may
 * be cut anywhere; an unfinished last line is left out: its sender died while writing it.
 * @throws KubeError with reason ResponseTooLarge beyond `maxBytes` without a newline
 */
export async function* splitLines(
  chunks: AsyncIterable<Uint8Array>,
  maxBytes: number,
): AsyncGenerator<string> {
  let held: Uint8Array[] = [];
  let heldBytes = 0;
  for await (const chunk of chunks) {
    let start = 0;
    for (
      let end = chunk.indexOf(NEWLINE);
      end >= 0;
      end = chunk.indexOf(NEWLINE, start)
    ) {
      held.push(chunk.subarray(start, end));
      yield Buffer.concat(held).toString("utf8");
      held = [];
      heldBytes = 0;
      start = end + 1;
    }
    const rest = chunk.subarray(start);
    if (rest.length > 0) held.push(rest);
    heldBytes += rest.length;
    if (heldBytes > maxBytes) throw tooLong(maxBytes);
  }
}

function tooLong(maxBytes: number): KubeError {
  return new KubeError(
    `A line of the watch is longer than ${maxBytes} bytes.`,
    {
      status: 0,
      reason: LOCAL_REASONS.tooLarge,
    },
  );
}
