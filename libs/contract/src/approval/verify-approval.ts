import {
  type CryptoKey,
  decodeProtectedHeader,
  errors,
  type JWTPayload,
  jwtVerify,
} from "jose";
import {
  APPROVAL_ALGORITHM,
  APPROVAL_AUDIENCE,
  APPROVAL_TYPE,
  type ApprovalClaim,
  approvalClaimSchema,
  isSamePerson,
} from "./approval-claim";
import { operationDigest } from "./operation-digest";

/** Longest claim that is looked at, in characters: what the field of an Operation holds. */
const MAX_CHARACTERS = 8192;

/** The operation that is to run, as it stands where it is to run. */
export interface WantedApproval {
  readonly operationId: string;
  readonly cluster: string;
  readonly namespace: string;
  readonly name: string;
  readonly spec: object;
}

export interface ApprovalKeys {
  /** The public key of a kid; undefined: none of that name is trusted. */
  readonly keyOf: (kid: string) => CryptoKey | undefined;
  /** Seconds since the epoch, by a clock that is as right as can be had. */
  readonly now: number;
  /** How far that clock may be wrong, in seconds. */
  readonly toleranceSeconds: number;
}

/** Why a claim does not count. A person reads the message. */
export interface ApprovalRefusal {
  readonly ok: false;
  readonly reason:
    | "malformed"
    | "unknown-key"
    | "forged"
    | "wrong-type"
    | "expired"
    | "other-operation"
    | "other-cluster"
    | "other-spec"
    | "own-request";
  readonly message: string;
}

type Verdict =
  { readonly ok: true; readonly claim: ApprovalClaim } | ApprovalRefusal;

/** Whether somebody else than the requester approved of this very operation, as the gateway says. */
export async function verifyApproval(
  jwt: string,
  wanted: WantedApproval,
  keys: ApprovalKeys,
): Promise<Verdict> {
  const kid = jwt.length > MAX_CHARACTERS ? undefined : approvalKid(jwt);
  if (kid === undefined) return noClaim();
  const key = keys.keyOf(kid);
  if (key === undefined)
    return refuse(
      "unknown-key",
      "the claim is signed by a key that is not in the set of approval keys",
    );
  const read = await readClaims(jwt, key, keys);
  if ("ok" in read) return read;
  const { success, data } = approvalClaimSchema.safeParse(read.payload);
  if (!success) return noClaim();
  return (await judge(data, wanted)) ?? { ok: true, claim: data };
}

/** The name of the key that a claim says it is signed by; undefined for what is no claim. */
export function approvalKid(jwt: string): string | undefined {
  try {
    const { kid } = decodeProtectedHeader(jwt);
    return typeof kid === "string" ? kid : undefined;
  } catch {
    return undefined;
  }
}

async function readClaims(
  jwt: string,
  key: CryptoKey,
  { now, toleranceSeconds }: ApprovalKeys,
): Promise<{ readonly payload: JWTPayload } | ApprovalRefusal> {
  try {
    return await jwtVerify(jwt, key, {
      algorithms: [APPROVAL_ALGORITHM],
      typ: APPROVAL_TYPE,
      audience: APPROVAL_AUDIENCE,
      requiredClaims: ["exp"],
      currentDate: new Date(now * 1000),
      clockTolerance: toleranceSeconds,
    });
  } catch (error) {
    return refusalOf(error);
  }
}

function refusalOf(error: unknown): ApprovalRefusal {
  if (error instanceof errors.JWSSignatureVerificationFailed)
    return refuse("forged", "the claim is not signed by the control plane");
  if (error instanceof errors.JWTExpired)
    return refuse(
      "expired",
      "the claim has come to its end: ask for approval again",
    );
  const isOfAnotherKind =
    error instanceof errors.JWTClaimValidationFailed &&
    ["typ", "aud"].includes(error.claim);
  return isOfAnotherKind
    ? refuse(
        "wrong-type",
        "what stands in its place is signed by the control plane, but for something else (typ, aud)",
      )
    : noClaim();
}

async function judge(
  claims: ApprovalClaim,
  wanted: WantedApproval,
): Promise<ApprovalRefusal | undefined> {
  if (claims.op !== wanted.operationId)
    return refuse("other-operation", "the claim is for another operation");
  if (claims.cluster !== wanted.cluster)
    return refuse(
      "other-cluster",
      "the claim is for an operation in another cluster",
    );
  if (claims.namespace !== wanted.namespace || claims.name !== wanted.name)
    return refuse(
      "other-operation",
      "the claim is for an operation of another name or namespace",
    );
  if (claims.digest !== (await operationDigest(wanted.spec)))
    return refuse(
      "other-spec",
      "the claim is for another spec: the operation was changed after it was approved, so ask for approval again",
    );
  if (isSamePerson(claims.sub, claims.requester))
    return refuse(
      "own-request",
      "whoever asked for the operation approved it himself: somebody else has to",
    );
  return undefined;
}

function noClaim(): ApprovalRefusal {
  return refuse("malformed", "what stands in its place is no claim");
}

function refuse(
  reason: ApprovalRefusal["reason"],
  message: string,
): ApprovalRefusal {
  return { ok: false, reason, message };
}
