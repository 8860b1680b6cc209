import { promisify } from "node:util";
import { gunzip } from "node:zlib";

const MAGIC = Buffer.from([0x1f, 0x8b, 0x08]);

/**
 * A JSON document that another program keeps in base64, zipped or not.
 * @returns undefined where it is none, or longer than `mostBytes` when unzipped
 */
export async function gunzipJson(
  base64: string,
  mostBytes: number,
): Promise<unknown> {
  const bytes = Buffer.from(base64, "base64");
  const isZipped = bytes.subarray(0, MAGIC.length).equals(MAGIC);
  if (!isZipped && bytes.length > mostBytes) return undefined;
  try {
    const text = isZipped
      ? await promisify(gunzip)(bytes, { maxOutputLength: mostBytes })
      : bytes;
    return JSON.parse(text.toString("utf8"));
  } catch (error) {
    // A bomb, a torn archive or no JSON: all the same to the caller.
    if (error instanceof SyntaxError || isZipError(error)) return undefined;
    throw error;
  }
}

function isZipError(error: unknown): boolean {
  const { code = "" } = error as { code?: string };
  return code.startsWith("Z_") || code === "ERR_BUFFER_TOO_LARGE";
}
