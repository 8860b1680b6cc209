import { html } from "./html";

describe("markup", () => {
  it("holds values as text, in elements and in quoted attributes", () => {
    const value = `<b a='1' b="2">&amp;</b>`;
    const escaped =
      "&lt;b a=&#39;1&#39; b=&quot;2&quot;&gt;&amp;amp;&lt;/b&gt;";
    expect(html`<p title="${value}">${value}</p>`.text).toBe(
      `<p title="${escaped}">${escaped}</p>`,
    );
  });

  it("holds other markup as it is, one piece or several", () => {
    const items = ["<", "b"].map((one) => html`<i>${one}</i>`);
    expect(html`<b>${items}</b>${html`<u>c</u>`}`.text).toBe(
      "<b><i>&lt;</i><i>b</i></b><u>c</u>",
    );
  });

  it("takes no word of a value for a placeholder or a backslash for an escape", () => {
    expect(html`<i>${"$& $1 \\n"}</i>`.text).toBe("<i>$&amp; $1 \\n</i>");
  });
});
