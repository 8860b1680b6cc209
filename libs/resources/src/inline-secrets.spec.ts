import fc from "fast-check";
import { inspectInlineValues, secretLookingPaths } from "./inline-secrets";

const pem = (kind: string) =>
  `-----BEGIN ${kind}PRIVATE KEY-----\nMIIB\n-----END ${kind}PRIVATE KEY-----`;

describe("Inline values", () => {
  it.each([
    ["password", "hunter2"],
    ["adminPassword", "hunter2"],
    ["ADMIN_PASSWORD", "hunter2"],
    ["secret", "hunter2"],
    ["clientSecret", "hunter2"],
    ["client-secret", "hunter2"],
    ["accessKey", "AKIA"],
    ["secretKey", "x"],
    ["SecretKey", "x"],
    ["apiKey", "x"],
    ["APIKEY", "x"],
    ["token", "x"],
    ["password", "<set via something else>"],
    ["anything", pem("")],
    ["tlsKey", pem("RSA ")],
    ["bundle", `certificate first\n${pem("EC ")}`],
    ["existingSecret", pem("ENCRYPTED ")],
  ])("look like a secret under %s", (key, value) => {
    expect(secretLookingPaths({ auth: { [key]: value } })).toEqual([
      `auth.${key}`,
    ]);
  });

  it.each([
    ["password", ""],
    ["password", "  "],
    ["password", "<set via externalSecret>"],
    ["password", "<set via external-secret>"],
    ["existingSecret", "files-db"],
    ["existingPassword", "files-db"],
    ["existingSecretPasswordKey", "password"],
    ["tlsSecretName", "files-tls"],
    ["passwordSecretRef", "files-db"],
    ["passwordSecretKey", "password"],
    ["passwordPolicy", "strict"],
    ["secrets", "files-db"],
    ["tokenTtl", "1h"],
    ["accessKeyId", "AKIA"],
    ["certificate", "-----BEGIN CERTIFICATE-----\nMIIB"],
    ["publicKey", "-----BEGIN PUBLIC KEY-----\nMIIB"],
    ["password", 42],
    ["password", true],
    ["password", null],
    ["secret", { name: "files-db" }],
  ])("do not look like a secret with %s: %j", (key, value) => {
    expect(secretLookingPaths({ auth: { [key]: value } })).toEqual([]);
  });

  it("are looked into in lists, whose items stand under the key of the list", () => {
    const values = {
      users: [{ name: "a" }, { name: "b", password: "x" }],
      token: ["first", ["second"]],
    };
    expect(secretLookingPaths(values)).toEqual([
      "users[1].password",
      "token[0]",
      "token[1][0]",
    ]);
  });

  it("are refused where they are nested more deeply than anybody looks", () => {
    const nested = (levels: number): unknown =>
      levels === 0 ? { password: "x" } : { deeper: nested(levels - 1) };
    expect(secretLookingPaths(nested(2), 3)).toEqual([
      "deeper.deeper.password",
    ]);
    expect(inspectInlineValues(nested(3), 3)).toEqual([
      { path: "deeper.deeper.deeper", problem: "tooDeep" },
    ]);
  });

  it("are refused when they refer to themselves", () => {
    const values: Record<string, unknown> = {};
    values.self = values;
    expect(inspectInlineValues(values)).toMatchObject([{ problem: "tooDeep" }]);
  });

  it("are refused, in bounded time, when shared references make them huge", () => {
    let values: unknown = "x";
    for (let level = 0; level < 31; level += 1) values = [values, values];
    expect(inspectInlineValues(values)).toMatchObject([{ problem: "tooMany" }]);
  });

  it("with a secret anywhere in a document of JSON have its path among the findings", () => {
    const key = fc.stringMatching(/^[a-z]{1,8}$/);
    const path = fc.array(key, { minLength: 0, maxLength: 10 });
    fc.assert(
      fc.property(path, fc.jsonValue({ maxDepth: 2 }), (keys, other) => {
        const leaf: unknown = { aPassword: "hunter2", other };
        const values = keys.reduceRight<unknown>(
          (inner, name) => ({ [name]: inner }),
          leaf,
        );
        expect(secretLookingPaths(values)).toContain(
          [...keys, "aPassword"].join("."),
        );
      }),
    );
  });

  it("never make the search fail, and no finding repeats a value", () => {
    fc.assert(
      fc.property(
        fc.anything({ withNullPrototype: true, withBigInt: true }),
        (values) => {
          const secret = "correct horse battery staple";
          const text = JSON.stringify(
            inspectInlineValues({ values, password: secret }),
          );
          expect(text).not.toContain(secret);
        },
      ),
    );
  });
});
