/** What agents log, counted; of warnings and errors each different sentence is kept with how often it came. */
export class FleetLog {
  private readonly sentences = new Map<string, number>();
  private total = 0;

  get problems(): number {
    return this.total;
  }

  debug(): void {
    // Too much of it, and nothing that a figure is made of.
  }

  info(): void {
    // As above.
  }

  warn(facts: object, message: string): void {
    this.note(facts, message);
  }

  error(facts: object, message: string): void {
    this.note(facts, message);
  }

  /** The most frequent first. */
  worst(count: number): string[] {
    return [...this.sentences]
      .sort((a, b) => b[1] - a[1])
      .slice(0, count)
      .map(([sentence, times]) => `${times} × ${sentence}`);
  }

  private note(facts: object, message: string): void {
    this.total += 1;
    const { reason } = facts as { reason?: unknown };
    const sentence =
      typeof reason === "string" ? `${message} ${reason}` : message;
    const known = this.sentences.get(sentence) ?? 0;
    if (known > 0 || this.sentences.size < MAX_SENTENCES)
      this.sentences.set(sentence, known + 1);
  }
}

/** Sentences that name something of their own could go on for ever. */
const MAX_SENTENCES = 1_000;
