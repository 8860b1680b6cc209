import { type Log, reasonOf } from "../log";
import { type EventSpool, MemoryEventSpool } from "./event-spool";
import { FileEventSpool } from "./file-event-spool";

/**
 * The spool in `directory`, or one in memory where that can't be used: an agent that doesn't start looks after nothing at all,
 * and what it would have kept on disk comes again with its next snapshot.
 */
export function openEventSpool(directory: string, log: Log): EventSpool {
  try {
    return new FileEventSpool({ directory, log });
  } catch (error) {
    log.error(
      { reason: reasonOf(error), directory },
      "Events wait in memory until the agent starts again, because its state directory can't be used.",
    );
    return new MemoryEventSpool();
  }
}
