import { Clock, SystemClock } from "@vworkspace/kernel";

/** A clock that runs `speed` times as fast as the world's: ten minutes of a program that waits on it pass in seconds. */
export class HurriedClock extends Clock {
  private readonly real = new SystemClock();
  private readonly startedAt: number;

  constructor(private readonly speed: number) {
    super();
    this.startedAt = this.real.now();
  }

  override now(): number {
    const passed = this.real.now() - this.startedAt;
    return this.startedAt + Math.round(passed * this.speed);
  }

  override monotonic(): number {
    return this.real.monotonic() * this.speed;
  }

  override sleep(ms: number, signal?: AbortSignal): Promise<boolean> {
    return this.real.sleep(ms / this.speed, signal);
  }
}
