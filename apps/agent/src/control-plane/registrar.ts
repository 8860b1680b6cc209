import { createHash } from "node:crypto";
import {
  parseMessage,
  type RegisterRequest,
  type RegisterResponse,
  registerResponseSchema,
} from "@vworkspace/contract";
import type { Clock } from "@vworkspace/kernel";
import { type Log, reasonOf } from "../log";
import {
  type CertificateRequest,
  issuedFor,
  makeCertificateRequest,
} from "./certificate-request";
import { ControlPlaneError, isFailure } from "./control-plane-error";
import type { CredentialKeeper } from "./credential-keeper";
import { publicPartOfDpopKey } from "./dpop-key";
import { makeEncryptionKey, publicPartOf } from "./encryption-keys";
import type { Link } from "./link";
import { retryPauseMs } from "./patience";
import { rejectedPauseMs } from "./renewal.decide";
import type { Wire } from "./wire";

export interface RegistrarOptions {
  readonly wire: Wire;
  readonly keeper: CredentialKeeper;
  readonly link: Link;
  readonly clock: Clock;
  readonly log: Log;
  readonly requestTimeoutMs: number;
  readonly controlPlaneEndpoint: string;
  readonly clusterId: string | undefined;
  readonly agentToken: string | undefined;
  readonly registrationToken: () => string | undefined;
  /** Path of the file that should hold the registration token and can't be read now. */
  readonly unreadableTokenFile?: () => string | undefined;
  /** What the agent says about itself and its cluster. */
  readonly describe: () => Promise<RegisterRequest>;
  readonly random?: () => number;
}

/** What goes into a registration: its token, and private keys of which the public parts are told. */
interface Offered {
  readonly token: string;
  readonly encryptionKey: string;
  readonly dpopKey: string;
  readonly certificateRequest: CertificateRequest;
}

/** Sees to it that the agent has a credential: the stored one, the one it was given, or a new one by registration. */
export class Registrar {
  /** An attempt got no answer: its token may be used up all the same. */
  private mayBeUsedUp = false;
  private offered: string | undefined;
  private refusedDigest: string | undefined;
  private wake = new AbortController();
  /** A token is single use: whoever else would use it waits, and then sees that it was used. */
  private lastUse: Promise<unknown> = Promise.resolve();
  /** Of the process, once it has begun to work. */
  private life = new AbortController().signal;

  constructor(private readonly options: RegistrarOptions) {}

  /** The token that the Cluster object gives; another one than before is tried at once. It goes before the configured one. */
  offer(token: string | undefined): void {
    if (token === this.offered) return;
    this.offered = token;
    this.wake.abort();
  }

  /**
   * Gets another credential now: with a registration token that was not used yet, else by a rotation. What we hold stays good
   * when that fails.
   * @throws ControlPlaneError, or KubeError where the credential can't be written
   */
  async renew(): Promise<void> {
    if (!(await this.useNewToken())) await this.options.keeper.rotate();
  }

  /** Registers with a token that was neither used nor refused before; false where there is none. */
  useNewToken(): Promise<boolean> {
    const use = this.lastUse
      .catch(() => undefined)
      .then(() => this.useTokenNow());
    this.lastUse = use;
    return use;
  }

  private async useTokenNow(): Promise<boolean> {
    const token = this.token();
    if (token === undefined) return false;
    const digest = tokenDigest(token);
    const used = this.options.keeper.credentials?.registrationTokenDigest;
    if (digest === used || digest === this.refusedDigest) return false;
    try {
      await this.register(token, this.life);
      return true;
    } catch (error) {
      if (isFailure(error, "unauthenticated", "forbidden"))
        this.refusedDigest = digest;
      throw error;
    }
  }

  private token(): string | undefined {
    return this.offered ?? this.options.registrationToken();
  }

  /** Tries until there is a credential or `signal` aborts; true in the first case. */
  async ensure(signal: AbortSignal): Promise<boolean> {
    this.life = signal;
    for (let failures = 0; !signal.aborted; failures += 1) {
      try {
        await this.attempt(signal);
        return true;
      } catch (error) {
        if (signal.aborted) break;
        const pauseMs = this.pauseAfter(error, failures);
        this.explain(error, pauseMs);
        await this.pause(pauseMs, signal);
      }
    }
    return false;
  }

  private async pause(ms: number, signal: AbortSignal): Promise<void> {
    this.wake = new AbortController();
    const either = AbortSignal.any([signal, this.wake.signal]);
    await this.options.clock.sleep(ms, either);
  }

  private async attempt(signal: AbortSignal): Promise<void> {
    const { keeper, log, agentToken, link } = this.options;
    const stored = keeper.credentials ?? (await keeper.load());
    if (stored !== undefined) {
      link.waitsForToken(false);
      await this.tryNewToken();
      log.info(
        { cluster: keeper.credentials?.clusterId },
        "Using the credential in the cluster.",
      );
      return;
    }
    const token = this.token();
    link.waitsForToken(token === undefined && agentToken === undefined);
    if (token !== undefined) return this.register(token, signal);
    if (agentToken !== undefined) return this.takeOver(agentToken);
    throw new ControlPlaneError("unauthenticated", this.missingToken());
  }

  /** A token that the gateway doesn't take, such as one that was used long ago, makes the credential no worse. */
  private async tryNewToken(): Promise<void> {
    try {
      await this.useNewToken();
    } catch (error) {
      if (!isFailure(error, "unauthenticated", "forbidden")) throw error;
      this.options.log.warn(
        { reason: error.message },
        "The gateway refused a registration token that is not the credential's; going on with the credential.",
      );
    }
  }

  private missingToken(): string {
    const { unreadableTokenFile } = this.options;
    const file = unreadableTokenFile?.();
    const remedy =
      "set VWORKSPACE_REGISTRATION_TOKEN, or spec.registrationTokenSecretRef of the Cluster object, to one that the gateway issued for it.";
    return file === undefined
      ? `This cluster is not registered and there is no token: ${remedy}`
      : `This cluster is not registered, and VWORKSPACE_REGISTRATION_TOKEN_FILE is "${file}", which can't be read: give a readable file, or ${remedy}`;
  }

  private async takeOver(token: string): Promise<void> {
    const { keeper, clusterId = "", controlPlaneEndpoint } = this.options;
    await keeper.keep({
      controlPlaneBaseUrl: controlPlaneEndpoint,
      clusterId,
      current: { token },
    });
  }

  private async register(token: string, signal: AbortSignal): Promise<void> {
    const { keeper, clock, log, link, clusterId } = this.options;
    // The token is single use: it is not spent where its credential could not be kept.
    await keeper.rehearse();
    const offered = await this.offerKeys(token);
    const answer = await this.requestCredential(offered, signal);
    link.answered();
    await this.persisting(signal, () =>
      keeper.keep({
        controlPlaneBaseUrl: this.options.controlPlaneEndpoint,
        clusterId: answer.clusterId,
        current: {
          token: answer.token,
          issuedAt: clock.now(),
          ...(answer.expiresAt && { expiresAt: Date.parse(answer.expiresAt) }),
          ...issuedFor(offered.certificateRequest, answer.certificate),
        },
        registrationTokenDigest: tokenDigest(token),
        dpopKey: offered.dpopKey,
        encryptionKeys: [offered.encryptionKey],
        ...(answer.trustRoot && {
          trustRoot: JSON.stringify(answer.trustRoot),
        }),
        ...(answer.caBundle !== undefined && { caBundle: answer.caBundle }),
      }),
    );
    this.mayBeUsedUp = false;
    log.info({ cluster: answer.clusterId }, "Registered with the gateway.");
    if (clusterId !== undefined && clusterId !== answer.clusterId)
      log.warn(
        { cluster: answer.clusterId, configured: clusterId },
        "The gateway knows this cluster under another id than VWORKSPACE_CLUSTER_ID.",
      );
  }

  private async offerKeys(token: string): Promise<Offered> {
    return {
      token,
      encryptionKey: await makeEncryptionKey(),
      dpopKey: await this.options.keeper.dpopKey(),
      certificateRequest: await makeCertificateRequest(),
    };
  }

  private async requestCredential(
    { token, encryptionKey, dpopKey, certificateRequest }: Offered,
    signal: AbortSignal,
  ): Promise<RegisterResponse> {
    const { wire, describe, clusterId, requestTimeoutMs } = this.options;
    const answer = await wire.send({
      method: "POST",
      path: "/register",
      token,
      dpopKey,
      body: {
        ...(await describe()),
        ...(clusterId && { clusterId }),
        publicKey: publicPartOf(encryptionKey),
        dpopKey: publicPartOfDpopKey(dpopKey),
        csr: certificateRequest.csr,
      },
      timeoutMs: requestTimeoutMs,
      signal,
    });
    const parsed = parseMessage(registerResponseSchema, answer);
    if (parsed.ok) return parsed.value;
    throw new ControlPlaneError(
      "undecodable",
      `The answer to the registration is none: ${parsed.reason}.`,
    );
  }

  /** The token is used up now, so the credential must not be lost to a hiccup of the Kubernetes API. */
  private async persisting(
    signal: AbortSignal,
    save: () => Promise<void>,
  ): Promise<void> {
    const { clock, log, random } = this.options;
    for (let failures = 0; ; failures += 1) {
      try {
        return await save();
      } catch (error) {
        log.error(
          { reason: reasonOf(error) },
          "The credential could not be written to its Secret; until it is, the agent must not be stopped.",
        );
        await clock.sleep(retryPauseMs(error, failures, random), signal);
        if (signal.aborted) throw error;
      }
    }
  }

  private pauseAfter(error: unknown, failures: number): number {
    const random = this.options.random ?? Math.random;
    const isFinal = error instanceof ControlPlaneError && !error.isRetryable;
    if (!isFinal) return retryPauseMs(error, failures, random);
    return rejectedPauseMs(random());
  }

  private explain(error: unknown, pauseMs: number): void {
    const { link, log } = this.options;
    const facts = { retryInMs: pauseMs, reason: reasonOf(error) };
    if (link.facts.waitsForToken) {
      log.warn(facts, "There is nothing to register with.");
      return;
    }
    if (isFailure(error, "unauthenticated", "forbidden")) {
      link.rejected(error.message);
      log.error(facts, refusalText(this.mayBeUsedUp));
      return;
    }
    if (isFailure(error, "unreachable", "undecodable", "unavailable"))
      this.mayBeUsedUp = true;
    if (error instanceof ControlPlaneError)
      link.failed(error.message, error.trouble);
    log.warn(facts, "Registration did not succeed yet; trying again.");
  }
}

function refusalText(mayBeUsedUp: boolean): string {
  return mayBeUsedUp
    ? "The gateway refused the registration token. It is single use, and an answer to an earlier attempt was lost: it was probably used up then. Issue a new registration token."
    : "The gateway refused the registration token: it is unknown, used, expired or another cluster's. Issue a new registration token.";
}

/** Enough of a hash to recognise a token, too little to find it. */
export function tokenDigest(token: string): string {
  return createHash("sha256").update(token).digest("hex").slice(0, 16);
}
