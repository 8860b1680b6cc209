/** Seconds; what a suite needs to be short, it says. */
export interface TargetTimes {
  readonly leaseSeconds: number;
  readonly jobSeconds: number;
  readonly graceSeconds: number;
}

/** An object of the suite: the target makes an ApplicationInstance of it. */
export interface SuiteObject {
  readonly namespace: string;
  readonly name: string;
}

/** What was asked for: the object's new generation, and its job where there is one already. */
export interface Issued {
  /** The key of the job has this generation, or a higher one if the gateway counted on before it made the job. */
  readonly generation: number;
  /** Absent while the object waits for its delete: a gateway may make the job only then. */
  readonly jobId?: string;
}

/** What became of a job, as its gateway shows it to a person. */
export interface JobFacts {
  readonly outcome?: string;
  readonly error?: string;
}

/**
 * A gateway under test, and the levers that the contract does not have: what a person does there. Everything else the
 * suite does over HTTP.
 */
export interface ConformanceTarget {
  readonly name: string;
  /** Without a slash at its end; agents find their paths under `/api/agent`. */
  readonly url: string;
  readonly times: TargetTimes;
  /** A new pending cluster with a registration token. */
  newCluster(): Promise<{ clusterId: string; registrationToken: string }>;
  /** Another registration token for a cluster that exists. */
  reissueRegistration(clusterId: string): Promise<string>;
  /** As if the lifetime of the cluster's registration tokens were over. */
  expireRegistrations(clusterId: string): Promise<void>;
  /** An apply of an ApplicationInstance; a second call for the same object changes its spec. */
  issueApply(clusterId: string, object: SuiteObject): Promise<Issued>;
  issueDelete(clusterId: string, object: SuiteObject): Promise<Issued>;
  /** An intent job: rotate-operator-credentials. */
  issueRotate(clusterId: string): Promise<{ jobId: string }>;
  jobFacts(clusterId: string, jobId: string): Promise<JobFacts>;
  revoke(clusterId: string): Promise<void>;
  /** From now on the cluster gets encrypted payloads; absent where a gateway can't. */
  requireEncryption?(clusterId: string): Promise<void>;
  /** Ends it as a person would; may be called twice. */
  stop(): Promise<void>;
}

export type StartTarget = (times: TargetTimes) => Promise<ConformanceTarget>;
