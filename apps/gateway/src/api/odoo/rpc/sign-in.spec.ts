import { register } from "prom-client";
import type { UserActor } from "../../../trust/identity/domain/actor";
import type { UserService } from "../../../trust/identity/user.service";
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
const users: Pick<UserService, "authenticate"> = {
  authenticate: (login, key) =>
    Promise.resolve(
      (login === "ann" || login === 7) && key === "right" ? ANN : undefined,
    ),
};
const signIn = new SignIn(users as UserService, {
  databases: ["main"],
  publicUrl: () => "",
  disconnectAfterSeconds: 120,
});

async function failures(): Promise<number> {
  const name = "vworkspace_sign_in_failures_total";
  const { values = [] } = (await register.getSingleMetric(name)?.get()) ?? {};
  return values[0]?.value ?? 0;
}

describe("signing in", () => {
  it("counts what is nobody's, and nothing else", async () => {
    const before = await failures();
    expect(await signIn.uid("main", "ann", "right")).toBe(7);
    expect(await signIn.require("main", 7, "right")).toBe(ANN);
    expect(await failures()).toBe(before);
    expect(await signIn.uid("main", "ann", "wrong")).toBe(false);
    expect(await signIn.uid("other", "ann", "right")).toBe(false);
    await expect(signIn.require("main", 7, "wrong")).rejects.toThrow(
      "Access Denied",
    );
    await expect(signIn.require("main", "7 or 1", "right")).rejects.toThrow(
      "Access Denied",
    );
    expect(await failures()).toBe(before + 4);
  });
});
