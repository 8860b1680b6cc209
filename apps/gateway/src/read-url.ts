import { ConfigurationError, type Environment } from "@vworkspace/kernel";

/** A URL, without a slash at its end. @throws ConfigurationError naming variable, value and remedy */
export function readUrl(
  environment: Environment,
  name: string,
): string | undefined {
  const text = environment[name];
  return text ? parseUrl(text, name) : undefined;
}

/** URLs separated by commas. @throws ConfigurationError */
export function readUrls(
  environment: Environment,
  name: string,
): readonly string[] {
  const texts = (environment[name] ?? "").split(",");
  return texts
    .map((text) => text.trim())
    .filter(Boolean)
    .map((text) => parseUrl(text, name));
}

function parseUrl(text: string, name: string): string {
  if (!URL.canParse(text) || !/^https?:\/\//.test(text)) {
    throw new ConfigurationError(
      `${name} is "${text}": give a URL such as https://gateway.example.com.`,
    );
  }
  return text.replace(/\/+$/, "");
}
