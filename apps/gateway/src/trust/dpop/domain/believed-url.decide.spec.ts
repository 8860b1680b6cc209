import { isBelievedUrl } from "./believed-url.decide";

const PATH = "/api/agent/jobs";

describe("isBelievedUrl", () => {
  it.each([
    ["the public URL", "https://gateway.example.com/api/agent/jobs", true],
    [
      "another configured one",
      "https://agents.internal:8443/api/agent/jobs",
      true,
    ],
    ["another host", "https://evil.example.com/api/agent/jobs", false],
    ["another port", "https://gateway.example.com:8443/api/agent/jobs", false],
    ["plain HTTP", "http://gateway.example.com/api/agent/jobs", false],
    ["another path", "https://gateway.example.com/api/agent/events", false],
    ["this machine", "http://127.0.0.1:8080/api/agent/jobs", false],
  ])("%s: %s is %p", (_, htu, isBelieved) => {
    const urls = [
      "https://gateway.example.com",
      "https://agents.internal:8443/",
    ];
    expect(isBelievedUrl(htu, PATH, urls)).toBe(isBelieved);
  });

  it("keeps the path of a gateway that lives below one", () => {
    const urls = ["https://example.com/vworkspace"];
    const own = `https://example.com/vworkspace${PATH}`;
    expect(isBelievedUrl(own, PATH, urls)).toBe(true);
    expect(isBelievedUrl(`https://example.com${PATH}`, PATH, urls)).toBe(false);
  });

  it.each([
    ["http://localhost:9999/api/agent/jobs", true],
    ["http://[::1]:8080/api/agent/jobs", true],
    ["http://127.0.0.1:9999/api/agent/events", false],
    ["http://127.0.0.1.example.com:8080/api/agent/jobs", false],
  ])("on one machine %s is %p", (htu, isBelieved) => {
    expect(isBelievedUrl(htu, PATH, ["http://127.0.0.1:8080"])).toBe(
      isBelieved,
    );
  });

  it("leaves out a query of the request", () => {
    const urls = ["https://gateway.example.com"];
    const htu = `https://gateway.example.com${PATH}`;
    expect(isBelievedUrl(htu, `${PATH}?cluster=c1`, urls)).toBe(true);
  });
});
