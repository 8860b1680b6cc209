import { FileEventSpool } from "../reporting/file-event-spool";
import { eventNumber } from "./event-spool.contract";
import { KeptLog } from "./kept-log";

/**
 * A program that appends events to a spool as fast as it can until it is killed, and says of each, in a line with its number,
 * that it is on disk. Arguments: the directory, the first number, how many characters each event holds besides.
 */
async function main([directory = "", first = "0", padding = "0"]: string[]) {
  const spool = new FileEventSpool({
    directory,
    log: new KeptLog(),
    segmentEvents: 20,
  });
  const reason = "x".repeat(Number(padding));
  for (let number = Number(first); ; number += 1) {
    await spool.append({ ...eventNumber(number), reason });
    if (spool.inMemoryOnly === 0) process.stdout.write(`${number}\n`);
    else process.stdout.write(`unsaved ${number}\n`);
  }
}

void main(process.argv.slice(2));
