// Screenshots of a real Odoo with the addon, into docs/images.
//   node test/odoo/screenshots.mjs --url http://127.0.0.1:8069 [--login admin] [--out docs/images]
// The password stands in ODOO_PASSWORD (else "admin"); a browser in CHROMIUM (else /usr/bin/chromium).
// Take the database of the samples: `test/odoo/screenshot-samples.py` in `odoo shell`.
import { mkdirSync, statSync } from "node:fs";
import { join } from "node:path";
import { parseArgs } from "node:util";
import { chromium } from "playwright-core";

const LARGEST_BYTES = 150 * 1024;
const WIDTH = 1280;
const HEIGHT = 800;
const { values: options } = parseArgs({
  options: {
    url: { type: "string", default: "http://127.0.0.1:8069" },
    login: { type: "string", default: "admin" },
    out: { type: "string", default: "docs/images" },
    only: { type: "string" },
  },
});
const NO_NETWORK = [
  "--no-sandbox",
  "--disable-gpu",
  "--disable-background-networking",
  "--disable-component-update",
  "--disable-sync",
  "--no-first-run",
];

/** name of the file → how to get there */
const SHOTS = {
  overview: async (page) => {
    await open(page, "vworkspace", "[data-tile]");
  },
  catalog: async (page) => {
    await open(page, "vworkspace-catalog", ".o_kanban_record");
  },
  deploy: async (page) => {
    await open(page, "vworkspace-catalog", ".o_kanban_record");
    await page
      .locator(".o_kanban_record", { hasText: "Web shop" })
      .getByRole("button", { name: "Deploy" })
      .click();
    await page.waitForSelector(".modal .o_vworkspace_values [data-path]");
    await page.locator("[name=cluster_id] input").fill("Production Vienna");
    await page.getByRole("option", { name: "Production Vienna" }).click();
    await type(page, "shopName", "Our shop");
    await type(page, "ingress.host", "shop.example.com");
  },
  applications: async (page) => {
    await open(page, "vworkspace-applications", ".o_kanban_record");
  },
  "applications-list": async (page) => {
    await open(page, "vworkspace-applications?view_type=list", ".o_data_row");
  },
  application: async (page) => {
    await openRecord(page, "vworkspace-applications", "shop");
  },
  refused: async (page) => {
    await openRecord(page, "vworkspace-applications", "billing");
    await page.waitForSelector(".alert-danger >> text=refused");
  },
  operations: async (page) => {
    // Faces of people don't compress: fewer rows.
    await page.setViewportSize({ width: WIDTH, height: 480 });
    await open(page, "vworkspace-operations", ".o_data_row");
  },
  "operations-graph": async (page) => {
    await open(
      page,
      "vworkspace-operations?view_type=graph",
      ".o_graph_renderer canvas",
    );
  },
  clusters: async (page) => {
    await open(page, "vworkspace-clusters", ".o_kanban_record");
  },
  policy: async (page) => {
    await open(page, "vworkspace-policies", ".o_data_row");
    await page.locator(".o_data_row").first().click();
    await page.waitForSelector(".o_form_view .oe_title");
  },
  discuss: async (page) => {
    await page.goto(`${options.url}/odoo/discuss`);
    await page.getByText("Applications of").first().click();
    await page.waitForSelector(".o-mail-Message");
  },
};

async function open(page, path, selector) {
  await page.goto(`${options.url}/odoo/${path}`);
  await page.waitForSelector(selector);
}

async function openRecord(page, path, name) {
  await open(page, `${path}?view_type=list`, ".o_data_row");
  await page
    .locator(".o_data_row", { has: page.getByText(name, { exact: true }) })
    .first()
    .click();
  await page.waitForSelector(".o_form_view .oe_title");
}

async function type(page, path, text) {
  const input = page.locator(`[data-path="${path}"] input`);
  await input.fill(text);
  await input.blur();
}

async function signIn(page) {
  await page.goto(`${options.url}/web/login`);
  await page.fill("input[name=login]", options.login);
  await page.fill("input[name=password]", process.env.ODOO_PASSWORD ?? "admin");
  await page.click("button[type=submit]");
  await page.waitForSelector(".o_main_navbar");
}

async function shoot(page, name) {
  await page.setViewportSize({ width: WIDTH, height: HEIGHT });
  await SHOTS[name](page);
  // Transitions are over, and nothing is asked of the server any more.
  await page.waitForLoadState("networkidle").catch(() => undefined);
  await page.waitForTimeout(500);
  const path = join(options.out, `odoo-${name}.png`);
  await page.screenshot({ path, animations: "disabled" });
  const { size } = statSync(path);
  console.log(`${path} ${Math.ceil(size / 1024)} kB`);
  if (size > LARGEST_BYTES) throw new Error(`${path} is larger than 150 kB.`);
}

mkdirSync(options.out, { recursive: true });
const browser = await chromium.launch({
  executablePath: process.env.CHROMIUM ?? "/usr/bin/chromium",
  args: NO_NETWORK,
});
try {
  const page = await browser.newPage({
    viewport: { width: WIDTH, height: HEIGHT },
    colorScheme: "light",
  });
  page.on("pageerror", (error) =>
    console.error(`In the page: ${error.message}`),
  );
  await signIn(page);
  for (const name of options.only?.split(",") ?? Object.keys(SHOTS))
    await shoot(page, name);
} finally {
  await browser.close();
}
