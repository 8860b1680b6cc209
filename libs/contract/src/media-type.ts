/** Media type of every body of the agent contract, both directions (contract v1, "Base path"). */
export const AGENT_MEDIA_TYPE = "application/vnd.vworkspace.agent.v1+json";

/** Alias that peers may send and accept in place of {@link AGENT_MEDIA_TYPE}. */
export const JSON_MEDIA_TYPE = "application/json";

/** Whether a `Content-Type` header names a body of this contract; parameters such as charset are ignored. */
export function isAgentBody(contentType: string | undefined): boolean {
  const type = (contentType ?? "").split(";")[0]?.trim().toLowerCase();
  return type === AGENT_MEDIA_TYPE || type === JSON_MEDIA_TYPE;
}

/** Whether an `Accept` header admits an answer of this contract (RFC 9110 §12.5.1; an absent header admits all). */
export function acceptsAgentBody(accept: string | undefined): boolean {
  if (accept === undefined || accept.trim() === "") return true;
  return accept.split(",").some((range) => {
    const [type = "", ...parameters] = range
      .split(";")
      .map((part) => part.trim().toLowerCase());
    const isRefused = parameters.some((parameter) =>
      /^q=0(\.0*)?$/.test(parameter),
    );
    return (
      !isRefused &&
      ["*/*", "application/*", AGENT_MEDIA_TYPE, JSON_MEDIA_TYPE].includes(type)
    );
  });
}
