import { Counter, Gauge, register } from "prom-client";

/** A gauge whose value is asked for when it is scraped. */
export function gauge(
  name: string,
  help: string,
  collect: (metric: Gauge) => void | Promise<void>,
  labelNames: string[] = [],
): void {
  register.removeSingleMetric(name);
  new Gauge({
    name,
    help,
    labelNames,
    collect() {
      return collect(this);
    },
  });
}

/** A counter whose value is kept elsewhere and read when it is scraped. */
export function counter(
  name: string,
  help: string,
  read: () => Record<string, number>,
  label?: string,
): void {
  register.removeSingleMetric(name);
  new Counter({
    name,
    help,
    labelNames: label === undefined ? [] : [label],
    collect() {
      this.reset();
      for (const [key, value] of Object.entries(read())) {
        if (label === undefined) this.inc(value);
        else this.inc({ [label]: key }, value);
      }
    },
  });
}
