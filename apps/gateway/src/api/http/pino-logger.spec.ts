import { pino } from "pino";
import { PinoLogger } from "./pino-logger";

describe("Nest's log lines", () => {
  const lines: Record<string, unknown>[] = [];
  const write = (line: string) =>
    void lines.push(JSON.parse(line) as Record<string, unknown>);
  const logger = new PinoLogger(pino({ level: "debug" }, { write }));

  beforeEach(() => (lines.length = 0));

  it("say what a start failed on", () => {
    logger.error(new TypeError("There is no port."), "ExceptionHandler");
    expect(lines).toEqual([
      expect.objectContaining({
        context: "ExceptionHandler",
        msg: "There is no port.",
        err: expect.objectContaining({
          type: "TypeError",
          stack: expect.stringContaining("pino-logger.spec") as string,
        }) as object,
      }),
    ]);
  });

  it("hold the facts beside the sentence, and Nest's own words as they are", () => {
    logger.warn({ job: "a" }, "A sentence", "Somebody");
    logger.log("Started", "Nest");
    expect(lines).toEqual([
      expect.objectContaining({
        job: "a",
        msg: "A sentence",
        context: "Somebody",
      }),
      expect.objectContaining({ msg: "Started", context: "Nest" }),
    ]);
  });
});
