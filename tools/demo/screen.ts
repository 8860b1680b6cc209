/** What the demo prints: one line a step, with the time since the step before. Colours only on a terminal. */
export class Screen {
  private readonly startedAt = Date.now();
  private readonly hasColour =
    process.stdout.isTTY && process.env["NO_COLOR"] === undefined;

  heading(text: string): void {
    process.stdout.write(`\n${this.paint("1", text)}\n`);
  }

  /** A step that is done. */
  step(what: string, detail: string): void {
    const seconds = ((Date.now() - this.startedAt) / 1000)
      .toFixed(1)
      .padStart(5);
    process.stdout.write(
      `  ${this.paint("2", `${seconds} s`)}  ${this.paint("32", "✓")} ${what.padEnd(24)} ${detail}\n`,
    );
  }

  /** Something seen on the way of an intent. */
  travel(where: string, what: string): void {
    const seconds = ((Date.now() - this.startedAt) / 1000)
      .toFixed(1)
      .padStart(5);
    process.stdout.write(
      `  ${this.paint("2", `${seconds} s`)}    ${this.paint("36", where.padEnd(10))} ${what}\n`,
    );
  }

  /** Each line of what is seen again and again is printed once, and no more than so many. */
  travelOnce(most = 200): (where: string, what: string) => void {
    const seen = new Set<string>();
    return (where, what) => {
      const line = `${where} ${what}`;
      if (seen.size < most && !seen.has(line)) this.travel(where, what);
      seen.add(line);
    };
  }

  text(text: string): void {
    process.stdout.write(`${text}\n`);
  }

  /** The last word of a start that worked. */
  ready(text: string): void {
    process.stdout.write(`\n${this.paint("1;32", text)}\n`);
  }

  private paint(code: string, text: string): string {
    return this.hasColour ? `\u001b[${code}m${text}\u001b[0m` : text;
  }
}
