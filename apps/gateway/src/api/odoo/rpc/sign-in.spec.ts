import { ServerResponse, IncomingMessage } from "node:http";
import { Socket } from "node:net";
import { register } from "prom-client";
import type { UserActor } from "../../../trust/identity/domain/actor";
import type { FailedSignIn } from "../../../trust/identity/failed-sign-ins.service";
import type { UserService } from "../../../trust/identity/user.service";
import { Admission } from "../../limits/admission.service";
import type { FailedAttempts } from "../../limits/failed-attempts.service";
import { KeySignIn } from "../../limits/key-sign-in.service";
import { DEFAULT_LIMITS } from "../../limits/limits-file";
import { LimitedRequests } from "../../limits/limited-requests.service";
import { Visit } from "../../limits/visit";
import { SignIn } from "./sign-in";

const ANN: UserActor = {
  organizationId: "o",
  type: "user",
  id: "u",
  name: "ann",
  role: "reader",
  number: 7,
};
/** One user with one key. */
const users: Pick<UserService, "authenticate" | "authenticateKey"> = {
  authenticateKey: (key) => Promise.resolve(key === "right" ? ANN : undefined),
  authenticate: (login, key) =>
    Promise.resolve(
      (login === "ann" || login === 7) && key === "right" ? ANN : undefined,
    ),
};

/** Three failures are let pass. */
function signInWithEvidence() {
  const evidence: FailedSignIn[] = [];
  let count = 0;
  const attempts: Pick<FailedAttempts, "note" | "isBarred"> = {
    note: () => Promise.resolve(++count > 3 ? 20 : undefined),
    isBarred: () => count > 3,
  };
  const admission = new Admission(
    { limits: DEFAULT_LIMITS, places: 2, random: () => 0 },
    attempts as FailedAttempts,
    new LimitedRequests(),
  );
  const keys = new KeySignIn(users as UserService, admission, {
    note: (one: FailedSignIn) => evidence.push(one),
  } as never);
  const signIn = new SignIn(keys, {
    databases: ["main"],
    publicUrl: () => "",
    disconnectAfterSeconds: 120,
  });
  return { signIn, evidence };
}

function visit(): Visit {
  const response = new ServerResponse(new IncomingMessage(new Socket()));
  return new Visit("192.0.2.7", "rpc", response);
}

async function failures(): Promise<number> {
  const name = "vworkspace_sign_in_failures_total";
  const { values = [] } = (await register.getSingleMetric(name)?.get()) ?? {};
  return values[0]?.value ?? 0;
}

async function call<T>(work: (visit: Visit) => Promise<T>): Promise<T> {
  const one = visit();
  try {
    return await work(one);
  } finally {
    one.release();
  }
}

describe("signing in", () => {
  it("counts what is nobody's, and nothing else", async () => {
    const { signIn } = signInWithEvidence();
    const before = await failures();
    const uid = (...credentials: string[]) =>
      call((one) => signIn.uid(one, credentials));
    expect(await uid("main", "ann", "right")).toBe(7);
    expect(
      await call((one) => signIn.require(one, ["main", 7, "right"])),
    ).toMatchObject({ ...ANN, address: "192.0.2.7" });
    expect(await failures()).toBe(before);
    expect(await uid("main", "ann", "wrong")).toBe(false);
    expect(await uid("other", "ann", "right")).toBe(false);
    await expect(
      call((one) => signIn.require(one, ["main", 7, "wrong"])),
    ).rejects.toThrow("Access Denied");
    expect(await failures()).toBe(before + 3);
  });

  it("takes a key alone, for this database or for none that is named", async () => {
    const { signIn, evidence } = signInWithEvidence();
    const signedIn = (database: string | undefined, key: string | undefined) =>
      call((one) => signIn.requireKey(one, { database, key }));
    for (const database of [undefined, "", "main"])
      expect(await signedIn(database, "right")).toMatchObject(ANN);
    await expect(signedIn("other", "right")).rejects.toThrow("Access Denied");
    await expect(signedIn("main", "wrong")).rejects.toThrow("Access Denied");
    await expect(signedIn("main", undefined)).rejects.toThrow("Access Denied");
    // Nobody said whose key it should be.
    expect(evidence.map(({ login }) => login)).toEqual([
      undefined,
      undefined,
      undefined,
    ]);
  });

  it("keeps as evidence who was tried and from where, never with what", async () => {
    const { signIn, evidence } = signInWithEvidence();
    await call((one) => signIn.uid(one, ["main", "ann", "wrong"]));
    expect(evidence).toEqual([{ login: "ann", address: "192.0.2.7" }]);
  });

  it("tells an address that failed too often to wait, and lets a right key pass all the same", async () => {
    const { signIn } = signInWithEvidence();
    const attempt = (key: string) =>
      call((one) => signIn.uid(one, ["main", "ann", key]));
    for (const guess of ["a", "b", "c"])
      expect(await attempt(guess)).toBe(false);
    await expect(attempt("d")).rejects.toMatchObject({
      code: "too_many_requests",
      retryAfterSeconds: 20,
    });
    expect(await attempt("right")).toBe(7);
  });
});
