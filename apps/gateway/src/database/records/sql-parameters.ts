/** Collects the values of a statement. Everything that comes from a caller goes in here, and nowhere else. */
export class SqlParameters {
  private readonly collected: unknown[] = [];
  private aliases = 0;

  /** @returns the placeholder, cast to the type it is compared as */
  add(value: unknown, type: string): string {
    this.collected.push(value);
    return `$${this.collected.length}::${type}`;
  }

  /** A name for one more row in the statement. */
  alias(): string {
    this.aliases += 1;
    return `r${this.aliases}`;
  }

  get values(): readonly unknown[] {
    return this.collected;
  }
}
