import { Injectable, Logger } from "@nestjs/common";
import { DomainError } from "@vworkspace/kernel";
import {
  calculateJwkThumbprint,
  exportJWK,
  exportPKCS8,
  generateKeyPair,
} from "jose";
import { MasterKey } from "../../database/master-key";
import { type Stores, UnitOfWork } from "../../database/unit-of-work";
import { auditEverywhere } from "./audit-everywhere";
import {
  type SealedSigningKey,
  type SigningKeyRow,
  SigningKeyStore,
} from "./domain/signing-key-store";
import {
  nextSigningKeyStep,
  type SigningKeyStep,
  type SigningKeyTimes,
} from "./domain/signing-key.decide";
import { SigningKeyRing, signingKeyContext } from "./signing-key-ring";
import type { TokenAlgorithm } from "./token-options";

const TICK_MS = 30_000;

/** What keys of a purpose are, and how long each part of their life is. */
export interface SigningKeyUse extends SigningKeyTimes {
  readonly purpose: string;
  readonly algorithm: TokenAlgorithm;
  /** How long a key that signs no more goes on verifying. */
  readonly verifySeconds: number;
}

/** The life of the keys of a purpose: published, current, retired. By schedule, and by hand. */
@Injectable()
export class SigningKeyService {
  private readonly logger = new Logger("SigningKeys");
  private timer: NodeJS.Timeout | undefined;

  constructor(
    private readonly unitOfWork: UnitOfWork,
    private readonly masterKey: MasterKey,
    private readonly ring: SigningKeyRing,
    private readonly use: SigningKeyUse,
  ) {}

  /** A wrong master key is told at the start, not to the first agent that calls. @throws ConfigurationError */
  async onModuleInit(): Promise<void> {
    await this.ensureFirst();
    await this.ring.get();
    this.timer = setInterval(() => void this.tick(), TICK_MS);
    this.timer.unref();
  }

  onApplicationShutdown(): void {
    clearInterval(this.timer);
  }

  list(): Promise<readonly SigningKeyRow[]> {
    return this.unitOfWork.asWorker((stores) =>
      stores.get(SigningKeyStore).all(this.use.purpose),
    );
  }

  /**
   * Publishes the next key now; it signs after the time of publication, or at once where `isUrgent`. What is published
   * already is not published twice.
   */
  async rotate({ isUrgent }: { readonly isUrgent: boolean }): Promise<void> {
    const made = await this.make();
    await this.unitOfWork.asWorker(async (stores) => {
      const keys = await stores.get(SigningKeyStore).lockAll(this.use.purpose);
      const next = keys.find(({ state }) => state === "next");
      if (!next) await this.publish(stores, made);
      if (isUrgent) await this.promote(stores, next?.kid ?? made.kid);
    });
    await this.ring.reload();
  }

  /**
   * Ends the trust in a key that signs no more, at once here and within half a minute on every replica: it was stolen. What it
   * signed is refused from then on.
   * @throws DomainError validation_failed where it is no key that has retired
   */
  async distrust(kid: string): Promise<void> {
    await this.unitOfWork.asWorker(async (stores) => {
      const { purpose } = this.use;
      if (!(await stores.get(SigningKeyStore).distrust(purpose, kid)))
        throw new DomainError(
          "validation_failed",
          `"${kid.slice(0, 80)}" is no key that has retired: the list shows them; let the next one sign first (rotate --now).`,
        );
      await this.note(stores, "signing_key.distrust", kid);
    });
    await this.ring.reload();
  }

  /** Takes the step that is due, and looks what others did. */
  async advance(): Promise<SigningKeyStep> {
    const step = this.due(await this.list());
    if (step.step !== "none") await this.take();
    await this.ring.reload();
    return step;
  }

  private async take(): Promise<void> {
    const made = await this.make();
    await this.unitOfWork.asWorker(async (stores) => {
      const store = stores.get(SigningKeyStore);
      // Decided again, alone: of all replicas one takes the step.
      const step = this.due(await store.lockAll(this.use.purpose));
      if (step.step === "publish") await this.publish(stores, made);
      if (step.step === "promote") await this.promote(stores, step.kid);
    });
  }

  private async publish(stores: Stores, key: SealedSigningKey): Promise<void> {
    await stores
      .get(SigningKeyStore)
      .publish(this.use.purpose, key, this.use.publishSeconds);
    await this.note(stores, "signing_key.publish", key.kid);
  }

  private async promote(stores: Stores, kid: string): Promise<void> {
    await stores
      .get(SigningKeyStore)
      .promote(this.use.purpose, kid, this.use.verifySeconds);
    await this.note(stores, "signing_key.promote", kid);
  }

  private async note(
    stores: Stores,
    action: string,
    kid: string,
  ): Promise<void> {
    this.logger.log({ event: action, kid });
    const subject = { type: "signing_key", id: kid };
    const detail = { purpose: this.use.purpose };
    await auditEverywhere(stores, { action, subject, detail });
  }

  private due(keys: readonly SigningKeyRow[]): SigningKeyStep {
    return nextSigningKeyStep(keys, this.use.algorithm, this.use);
  }

  private async tick(): Promise<void> {
    try {
      await this.advance();
    } catch (error) {
      this.logger.warn(
        { err: error },
        "The signing keys were not looked after",
      );
    }
  }

  private async ensureFirst(): Promise<void> {
    const keys = await this.list();
    if (keys.some(({ state }) => state === "current")) return;
    const made = await this.make();
    await this.unitOfWork.asWorker((stores) =>
      stores.get(SigningKeyStore).addFirst(this.use.purpose, made),
    );
  }

  private async make(): Promise<SealedSigningKey> {
    const { algorithm } = this.use;
    const { publicKey, privateKey } = await generateKeyPair(algorithm, {
      extractable: true,
    });
    const publicJwk = await exportJWK(publicKey);
    const kid = await calculateJwkThumbprint(publicJwk);
    const sealedPrivateKey = this.masterKey.seal(
      Buffer.from(await exportPKCS8(privateKey)),
      signingKeyContext(kid),
    );
    return { kid, algorithm, publicJwk: { ...publicJwk }, sealedPrivateKey };
  }
}
