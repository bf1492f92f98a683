// Opens pages in Firefox, and prints as JSON what a reader would meet there. Arguments: the browser,
// and the site's address. Firefox speaks WebDriver BiDi, as puppeteer does.
import puppeteer from "puppeteer-core";

const [executablePath, site] = process.argv.slice(2);
const browser = await puppeteer.launch({ browser: "firefox", executablePath, headless: true });
const found = { errors: [] };
const page = await browser.newPage();
page.on("pageerror", (error) => found.errors.push(error.message));

async function open(name) {
  await page.goto(`${site}/book/${name}.html`);
  await page.waitForSelector("html[data-eq-ready]");
}
const text = (selector) => page.$eval(selector, (element) => element.textContent);

await open("tour");
found.desks = (await page.$$(".eq-desk-point")).length;
await page.$eval(".eq-desk-point", (point) => point.focus());
await page.keyboard.press("ArrowUp");
found.moved = await page.$eval(".eq-desk-point", (element) => element.getAttribute("aria-valuetext"));
found.players = (await page.$$(".eq-compare")).length;
// It is not played: Firefox waits for a sound card, which machines of tests have not got.
await page.click(".eq-compare-tracks label:nth-of-type(2)");
found.picture = await page.$eval(".eq-compare-wave", (canvas) => canvas.getAttribute("aria-label"));
found.replays = (await page.$$(".eq-monitor-pictures svg")).length;

await open("front_end");
found.inside = await text(".eq-inside-words");

await open("results");
await page.click(".eq-network-run");
await page.waitForFunction(() => /SNR|could not/.test(document.querySelector(".eq-network [role=status]").textContent), { timeout: 120000 });
found.network = await text(".eq-network [role=status]");

await open("workbench");
await page.evaluate(() => (location.hash = "#eq=low_shelf:500:10:s0.7071&filters=16&steps=120&seed=0"));
const bench = (script) => page.evaluate(`(({ phase, log, run }) => ${script})(document.querySelector(".eq-workbench").eqComponent)`);
await page.waitForFunction(() => document.querySelector(".eq-workbench").eqComponent.run.steps === 120);
await page.click(".eq-workbench .eq-button-main");
await page.waitForFunction(() => document.querySelector(".eq-workbench").eqComponent.phase === "done", { timeout: 120000 });
found.trained = await bench("({ losses: log.losses, checks: log.checks, tested: log.tested, dryDb: log.dryDb })");
found.said = await text(".eq-workbench-message");
// Live sound waits for a sound card too; what it is made of is there.
found.live = await text(".eq-live-button");

console.log(JSON.stringify(found));
await browser.close();
