// Commands on standard input, a line of JSON each with `do`; an answer on standard output for each, in the same order.
import { createInterface } from "node:readline";

export async function answerLines(actions) {
  for await (const line of createInterface({ input: process.stdin })) {
    const command = JSON.parse(line);
    const answer = await attempt(() => actions[command.do](command));
    process.stdout.write(`${JSON.stringify(answer)}\n`);
  }
}

async function attempt(action) {
  try {
    return { result: await action() };
  } catch (error) {
    return { error: error instanceof Error ? error.message : String(error) };
  }
}
