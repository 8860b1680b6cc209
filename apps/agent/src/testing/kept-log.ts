import { Log } from "../log";

/** Keeps what was logged. */
export class KeptLog extends Log {
  readonly entries: { level: string; facts: object; message: string }[] = [];

  override debug(facts: object, message: string): void {
    this.entries.push({ level: "debug", facts, message });
  }

  override info(facts: object, message: string): void {
    this.entries.push({ level: "info", facts, message });
  }

  override warn(facts: object, message: string): void {
    this.entries.push({ level: "warn", facts, message });
  }

  override error(facts: object, message: string): void {
    this.entries.push({ level: "error", facts, message });
  }

  get text(): string {
    return JSON.stringify(this.entries);
  }
}
