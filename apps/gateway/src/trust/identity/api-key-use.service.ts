import { Injectable, Logger } from "@nestjs/common";
import { UnitOfWork } from "../../database/unit-of-work";
import type { ApiKeyOwner } from "./domain/user-store";
import { UserStore } from "./domain/user-store";

const PERIOD_MS = 60_000;

/** Notes when keys were last used: an entry in memory per call, and one statement a minute for all of them. */
@Injectable()
export class ApiKeyUseService {
  private readonly logger = new Logger(ApiKeyUseService.name);
  /** Key → organization; no more entries than there are keys. */
  private used = new Map<string, string>();
  private timer: NodeJS.Timeout | undefined;

  constructor(private readonly unitOfWork: UnitOfWork) {}

  onApplicationBootstrap(): void {
    this.timer = setInterval(() => void this.attempt(), PERIOD_MS).unref();
  }

  async beforeApplicationShutdown(): Promise<void> {
    clearInterval(this.timer);
    await this.attempt();
  }

  note({ organizationId, key }: ApiKeyOwner): void {
    this.used.set(key.id, organizationId);
  }

  /** Writes what was noted since the last time; what can't be written is lost with a warning: the next use notes it again. */
  async flush(): Promise<void> {
    if (this.used.size === 0) return;
    const batch = [...this.used].sort();
    this.used = new Map();
    await this.unitOfWork.asWorker((stores) =>
      stores
        .get(UserStore)
        .touchKeys(
          batch.map(([id, organizationId]) => ({ organizationId, id })),
        ),
    );
  }

  private async attempt(): Promise<void> {
    try {
      await this.flush();
    } catch (error) {
      this.logger.warn({ err: error }, "The last use of keys was not noted");
    }
  }
}
