import {
  type ErrorCode,
  parseMessage,
  type PublicJwk,
  type RotateRequest,
  type RotateResponse,
  rotateResponseSchema,
} from "@vworkspace/contract";
import type { Clock } from "@vworkspace/kernel";
import { type Log, reasonOf } from "../log";
import { issuedFor, makeCertificateRequest } from "./certificate-request";
import { ControlPlaneError, isFailure } from "./control-plane-error";
import type {
  Credential,
  CredentialStore,
  StoredCredentials,
} from "./credential-store";
import { makeDpopKey } from "./dpop-key";
import { makeEncryptionKey, publicPartOf, withNewKey } from "./encryption-keys";
import type { Link, Rejection } from "./link";
import { renewalTime } from "./renewal.decide";
import type { Wire } from "./wire";

export interface CredentialKeeperOptions {
  readonly wire: Wire;
  readonly store: CredentialStore;
  readonly link: Link;
  readonly clock: Clock;
  readonly log: Log;
  readonly requestTimeoutMs: number;
  readonly random?: () => number;
}

/** After a refused recovery nothing is tried again for so long, whatever else fails meanwhile. */
const RECOVERY_PAUSE_MS = 60_000;
const RENEWAL_PAUSE_MS = 10 * 60_000;

/**
 * Holds the cluster's credential. A rotation is stored before it is used, and the old credential is kept until the new one
 * has worked; a 401 tries the other one, then one rotation, and only then counts as rejected.
 */
export class CredentialKeeper {
  private stored: StoredCredentials | undefined;
  private renewAt: number | undefined;
  private lastRefusedRecoveryAt = -Infinity;
  private recovery: Promise<string> | undefined;
  private lastSave: Promise<void> = Promise.resolve();
  private readonly rotationListeners = new Set<() => void>();

  constructor(private readonly options: CredentialKeeperOptions) {}

  get credentials(): StoredCredentials | undefined {
    return this.stored;
  }

  onRotated(listener: () => void): void {
    this.rotationListeners.add(listener);
  }

  async load(): Promise<StoredCredentials | undefined> {
    const stored = await this.options.store.load();
    if (stored !== undefined) this.hold(stored);
    return stored;
  }

  /** Whether credentials could be stored, tried before something is given away that can't be had twice. */
  rehearse(): Promise<void> {
    return this.options.store.rehearse();
  }

  /** Stores credentials, then uses them. */
  keep(credentials: StoredCredentials): Promise<void> {
    return this.change(() => credentials);
  }

  /** Changes what is held beside the credential, and nothing else of it. */
  amend(changes: Omit<Partial<StoredCredentials>, "current">): Promise<void> {
    return this.change(() => ({ ...this.required(), ...changes }));
  }

  /**
   * One after the other, each from what the one before has left: neither a save that takes long nor a change that began
   * before a rotation may put an older credential over a newer one.
   */
  private change(next: () => StoredCredentials): Promise<void> {
    this.lastSave = this.lastSave
      .catch(() => undefined)
      .then(async () => {
        const credentials = next();
        await this.options.store.save(credentials);
        this.hold(credentials);
      });
    return this.lastSave;
  }

  /**
   * Makes a call with the credential, recovering from a 401 as far as that is possible.
   * @throws ControlPlaneError of kind unauthenticated where nothing that we hold is taken
   */
  async withToken<T>(
    call: (token: string, clusterId: string) => Promise<T>,
  ): Promise<T> {
    const { clusterId, current } = this.required();
    const attempt = async (token: string) => {
      const answer = await this.noting(() => call(token, clusterId));
      await this.worked(token);
      return answer;
    };
    try {
      return await attempt(current.token);
    } catch (error) {
      if (!isFailure(error, "unauthenticated")) throw error;
      return await this.noteRefusal(current, async () =>
        attempt(await this.recover(current.token, error)),
      );
    }
  }

  /** Exchanges the credential for a new one. A repeat after a lost answer replaces the successor that nobody used. */
  async rotate(): Promise<void> {
    await this.rotateWith(this.required().current);
  }

  /** Rotates once the time has come; a failure is logged and tried again after a while. */
  async renewIfDue(): Promise<void> {
    const { clock, log } = this.options;
    if (this.renewAt === undefined || clock.now() < this.renewAt) return;
    try {
      await this.rotate();
    } catch (error) {
      this.renewAt = clock.now() + this.renewalPauseMs(error);
      log.warn(
        { reason: reasonOf(error) },
        "The credential could not be renewed; trying again later.",
      );
    }
  }

  /** 5 to 15 minutes, or as long as the control plane asks for and some more. */
  private renewalPauseMs(error: unknown): number {
    const random = (this.options.random ?? Math.random)();
    const wantedMs =
      error instanceof ControlPlaneError ? (error.retryAfterMs ?? 0) : 0;
    return Math.round(wantedMs + RENEWAL_PAUSE_MS * (0.5 + random));
  }

  private required(): StoredCredentials {
    if (this.stored !== undefined) return this.stored;
    throw new ControlPlaneError(
      "unauthenticated",
      "This cluster is not registered yet.",
    );
  }

  private hold(credentials: StoredCredentials): void {
    const random = this.options.random ?? Math.random;
    const isNew = credentials.current.token !== this.stored?.current.token;
    this.stored = credentials;
    if (isNew) this.renewAt = renewalTime(credentials.current, random());
    const isRefused =
      this.options.link.facts.authentication.status !== "accepted";
    this.options.link.registered(credentials.clusterId, isNew && isRefused);
  }

  private async noteRefusal<T>(
    refused: Credential,
    call: () => Promise<T>,
  ): Promise<T> {
    const { link, clock } = this.options;
    try {
      return await call();
    } catch (error) {
      if (isFailure(error, "unauthenticated"))
        link.rejected(error.message, rejectionOf(error, refused, clock.now()));
      throw error;
    }
  }

  private async noting<T>(call: () => Promise<T>): Promise<T> {
    try {
      return await call();
    } catch (error) {
      const { link } = this.options;
      if (isFailure(error, "unavailable", "unreachable", "undecodable"))
        link.failed(error.message, error.trouble);
      else if (isFailure(error, "settled", "unknown", "forbidden", "too-large"))
        link.accepted();
      throw error;
    }
  }

  /** A token was taken: the other one of the two is not needed any more, or never will be. */
  private async worked(token: string): Promise<void> {
    this.options.link.accepted();
    const stored = this.stored;
    if (stored?.previous === undefined || token !== stored.current.token)
      return;
    const { previous: _, ...rest } = stored;
    this.stored = rest;
    try {
      await this.change(() => this.required());
    } catch (error) {
      this.options.log.warn(
        { reason: reasonOf(error) },
        "The old credential could not be removed from the Secret; it ends by itself.",
      );
    }
  }

  /** Another token to try after `refused` got a 401. Requests that fail together share one recovery. */
  private async recover(
    refused: string,
    error: ControlPlaneError,
  ): Promise<string> {
    const { current } = this.required();
    if (current.token !== refused) return current.token;
    this.recovery ??= this.findOther(error)
      .catch((failure: unknown) => {
        if (!isFailure(failure, "unauthenticated"))
          this.options.link.undecided(reasonOf(failure));
        throw failure;
      })
      .finally(() => (this.recovery = undefined));
    return this.recovery;
  }

  private async findOther(error: ControlPlaneError): Promise<string> {
    const { clock } = this.options;
    const stored = this.required();
    if (clock.monotonic() - this.lastRefusedRecoveryAt < RECOVERY_PAUSE_MS)
      throw error;
    if (stored.previous !== undefined && (await this.isTaken(stored.previous)))
      return stored.previous.token;
    try {
      await this.rotateWith(stored.current);
      return this.required().current.token;
    } catch (rotation) {
      if (!isFailure(rotation, "unauthenticated", "forbidden")) throw rotation;
      this.lastRefusedRecoveryAt = clock.monotonic();
      throw error;
    }
  }

  /** Tries the other credential with a poll that returns at once, and makes it the current one when it is taken. */
  private async isTaken(other: Credential): Promise<boolean> {
    const stored = this.required();
    try {
      await this.options.wire.send({
        method: "GET",
        path: "/jobs",
        query: { cluster: stored.clusterId, wait: "0" },
        token: other.token,
        timeoutMs: this.options.requestTimeoutMs,
      });
    } catch (error) {
      if (isFailure(error, "unauthenticated")) return false;
      throw error;
    }
    const both = { current: other, previous: stored.current };
    await this.change(() => ({ ...this.required(), ...both }));
    return true;
  }

  private async rotateWith(current: Credential): Promise<void> {
    const { clock, log } = this.options;
    // Both go with the next token: payloads are encrypted to the key for whoever polls with that one.
    const encryptionKey = await makeEncryptionKey();
    const certificateRequest = await makeCertificateRequest();
    const { token, expiresAt, trustRoot, caBundle, certificate } =
      await this.requestSuccessor(current, {
        publicKey: publicPartOf(encryptionKey),
        csr: certificateRequest.csr,
      });
    const successor: Credential = {
      token,
      issuedAt: clock.now(),
      ...(expiresAt && { expiresAt: Date.parse(expiresAt) }),
      ...issuedFor(certificateRequest, certificate),
    };
    const { encryptionKeys = [] } = this.required();
    await this.change(() => ({
      ...withTrustRoot(this.required(), trustRoot),
      ...(caBundle !== undefined && { caBundle }),
      current: successor,
      previous: current,
      encryptionKeys: withNewKey(encryptionKeys, encryptionKey),
    }));
    log.info({ expiresAt }, "The cluster's credential was renewed.");
    for (const listener of this.rotationListeners) listener();
  }

  private async requestSuccessor(
    { token }: Credential,
    body: RotateRequest,
  ): Promise<RotateResponse> {
    const answer = await this.options.wire.send({
      method: "POST",
      path: "/credentials/rotate",
      token,
      dpopKey: await this.dpopKey(),
      body,
      timeoutMs: this.options.requestTimeoutMs,
    });
    const parsed = parseMessage(rotateResponseSchema, answer);
    if (parsed.ok) return parsed.value;
    throw new ControlPlaneError(
      "undecodable",
      `The answer to a rotation is none: ${parsed.reason}.`,
    );
  }

  /** The client certificate that came with a token; undefined for a token that is none of ours, such as a registration's. */
  certificateOf(token: string): Credential["certificate"] {
    const { current, previous } = this.stored ?? {};
    return [current, previous].find((one) => one?.token === token)?.certificate;
  }

  /** The key that the next token is to be bound to: made where there is none, and kept before anybody hears of it. */
  async dpopKey(): Promise<string> {
    const { store } = this.options;
    const held = this.stored?.dpopKey ?? (await store.loadDpopKey());
    if (held !== undefined) return held;
    const dpopKey = makeDpopKey();
    if (this.stored === undefined) await store.saveDpopKey(dpopKey);
    else await this.amend({ dpopKey });
    return dpopKey;
  }
}

/** The gateway looks at a certificate only where the token still counts: what it says of that is the nearer reason. */
function rejectionOf(
  { code }: ControlPlaneError,
  { expiresAt }: Credential,
  now: number,
): Rejection {
  if (code === ("certificate_refused" satisfies ErrorCode))
    return "uncertified";
  return expiresAt !== undefined && expiresAt <= now ? "expired" : "rejected";
}

/** The first root that a control plane gives is pinned; another one comes by registering again alone. */
function withTrustRoot(
  stored: StoredCredentials,
  trustRoot: PublicJwk | undefined,
): StoredCredentials {
  return stored.trustRoot === undefined && trustRoot !== undefined
    ? { ...stored, trustRoot: JSON.stringify(trustRoot) }
    : stored;
}
