import { ConfigurationError } from "@vworkspace/kernel";

/** SQLSTATEs of a refused connection (PostgreSQL, appendix A) that a setting cures. */
const REMEDIES: Readonly<Record<string, string>> = {
  "28P01": "correct the password",
  "28000": "let the role in (pg_hba.conf), or name another",
  "3D000": "create the database, or name another",
};

/**
 * Why PostgreSQL can't be used, as one sentence that names variable, host and remedy; any other error as it is. Holds no
 * password: not the URL's, and PostgreSQL's messages quote none.
 */
export function connectionFailure(
  error: unknown,
  variable: string,
  url: string,
): unknown {
  if (!(error instanceof Error)) return error;
  const code = (error as NodeJS.ErrnoException).code ?? "";
  const remedy = REMEDIES[code];
  if (remedy !== undefined)
    return new ConfigurationError(
      `${variable}: ${hostOf(url)} refuses (${error.message}): ${remedy}.`,
    );
  if (!isSilence(code, error.message)) return error;
  return new ConfigurationError(
    `${variable}: PostgreSQL doesn't answer at ${hostOf(url)} (${code || error.message}): start it there, or correct the URL.`,
  );
}

/** Node's codes of sockets and look-ups; pg gives a time that ran out, and a server that hung up, a message only. */
function isSilence(code: string, message: string): boolean {
  return (
    /^E[A-Z_]+$/.test(code) || /timeout|connection terminated/i.test(message)
  );
}

function hostOf(url: string): string {
  return URL.canParse(url) ? new URL(url).host : "its address";
}
