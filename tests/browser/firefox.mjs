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

console.log(JSON.stringify(found));
await browser.close();
