import { ConfigurationError } from "@vworkspace/kernel";
import { connectionFailure } from "./connection-failure";

const URL_OF_APP = "postgres://app:geheim@db.example.com:5433/vworkspace";

describe("a database that can't be used", () => {
  it.each<[string | undefined, string, string]>([
    ["ECONNREFUSED", "connect ECONNREFUSED 10.0.0.1:5433", "start it there"],
    ["ENOTFOUND", "getaddrinfo ENOTFOUND db.example.com", "correct the URL"],
    [undefined, "Connection terminated unexpectedly", "start it there"],
    [undefined, "timeout expired", "start it there"],
    ["28P01", 'password authentication failed for user "app"', "password"],
    ["3D000", 'database "vworkspace" does not exist', "create the database"],
  ])(
    "is told in one sentence with a remedy: %s %s",
    (code, message, remedy) => {
      const error = Object.assign(new Error(message), { code });
      const failure = connectionFailure(error, "DATABASE_URL", URL_OF_APP);
      expect(failure).toBeInstanceOf(ConfigurationError);
      const sentence = (failure as Error).message;
      expect(sentence).toContain("DATABASE_URL: ");
      expect(sentence).toContain("db.example.com:5433");
      expect(sentence).toContain(remedy);
      expect(sentence).not.toContain("geheim");
    },
  );

  it("leaves other errors as they are", () => {
    const error = Object.assign(new Error("syntax error"), { code: "42601" });
    expect(connectionFailure(error, "DATABASE_URL", URL_OF_APP)).toBe(error);
  });
});
