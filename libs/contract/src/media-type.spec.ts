import {
  acceptsAgentBody,
  AGENT_MEDIA_TYPE,
  isAgentBody,
  JSON_MEDIA_TYPE,
} from "./media-type";

describe("media types of the contract", () => {
  it.each([
    [AGENT_MEDIA_TYPE, true],
    [JSON_MEDIA_TYPE, true],
    ["application/json; charset=utf-8", true],
    ["Application/JSON", true],
    [undefined, false],
    ["", false],
    ["text/plain", false],
    ["application/jsonp", false],
    ["application/vnd.vworkspace.agent.v2+json", false],
  ])("a body of %p: %p", (type, expected) => {
    expect(isAgentBody(type)).toBe(expected);
  });

  it.each([
    [undefined, true],
    ["", true],
    ["*/*", true],
    ["application/*", true],
    [AGENT_MEDIA_TYPE, true],
    [`text/html, ${AGENT_MEDIA_TYPE};q=0.1`, true],
    ["application/json;q=0, */*", true],
    ["text/html", false],
    ["application/json;q=0", false],
    ["application/json; q=0.000", false],
    ["text/*, image/png", false],
  ])("an Accept of %p: %p", (accept, expected) => {
    expect(acceptsAgentBody(accept)).toBe(expected);
  });
});
