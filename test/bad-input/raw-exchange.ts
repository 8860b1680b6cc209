import { once } from "node:events";
import { connect } from "node:net";

/**
 * Sends bytes as they are on a connection of its own and reads until the other side closes: for what an HTTP client would
 * mend on the way, such as dots in a path.
 * @returns the status, and what came after the header
 */
export async function rawExchange(
  url: string,
  head: readonly string[],
): Promise<{ readonly status: number; readonly text: string }> {
  const { hostname, port } = new URL(url);
  const socket = connect(Number(port), hostname);
  const chunks: Buffer[] = [];
  socket.on("data", (chunk: Buffer) => chunks.push(chunk));
  const closed = once(socket, "close");
  socket.write([...head, "Connection: close", "", ""].join("\r\n"), "latin1");
  await closed;
  const answer = Buffer.concat(chunks).toString("utf8");
  const [header = "", text = ""] = answer.split("\r\n\r\n", 2);
  return { status: Number(header.split(" ")[1]), text };
}
