import {
  CredentialStore,
  type StoredCredentials,
} from "../control-plane/credential-store";

export class MemoryCredentialStore extends CredentialStore {
  /** How many saves fail from now on. */
  failures = 0;
  /** How many rehearsals fail from now on. */
  refusedRehearsals = 0;

  /** What outlives a process without a credential. */
  dpopKey: string | undefined;

  constructor(public stored?: StoredCredentials) {
    super();
  }

  override load(): Promise<StoredCredentials | undefined> {
    return Promise.resolve(this.stored);
  }

  override rehearse(): Promise<void> {
    if (this.refusedRehearsals === 0) return Promise.resolve();
    this.refusedRehearsals -= 1;
    return Promise.reject(new Error("the namespace does not exist"));
  }

  override loadDpopKey(): Promise<string | undefined> {
    return Promise.resolve(this.stored?.dpopKey ?? this.dpopKey);
  }

  override saveDpopKey(key: string): Promise<void> {
    this.dpopKey = key;
    return Promise.resolve();
  }

  override save(credentials: StoredCredentials): Promise<void> {
    if (this.failures > 0) {
      this.failures -= 1;
      return Promise.reject(new Error("the API server is away"));
    }
    this.stored = credentials;
    return Promise.resolve();
  }
}
