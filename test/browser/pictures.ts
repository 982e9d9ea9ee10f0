/**
 * Takes the pictures of the decision page and of the report on a dry run that the documentation shows: `npm run pictures`. Where Debian's fonts-inter and
 * fonts-jetbrains-mono are installed they stand for the reader's system fonts; elsewhere it is whatever this machine has.
 */
import { mkdirSync, statSync } from "node:fs";
import { createServer } from "node:http";
import type { AddressInfo } from "node:net";
import { join } from "node:path";
import { pathToFileURL } from "node:url";
import { htmlReport } from "../../cli/dry-run/html/page.ts";
import { PAGE_HEADERS } from "../../core/page/layout.ts";
import { packagePage } from "../../proxy/pages/package.ts";
import { releasePage } from "../../proxy/pages/release.ts";
import { noBrowser, startBrowser } from "../support/browser.ts";
import { companyRun } from "../support/dry-runs.ts";
import { makeFolder } from "../support/folder.ts";
import { ALLOWED, BLOCKED, HELD, PACKAGE } from "../support/reports.ts";

const TARGET = join(import.meta.dirname, "../../docs/images");
const MAX_BYTES = 160_000;
const SIZES = { desktop: { width: 1280, height: 900 }, phone: { width: 390, height: 844 } };

const PROXY = "https://packages.acme.example";
const PAGES = {
  blocked: releasePage(BLOCKED, PROXY),
  held: releasePage(HELD, PROXY),
  allowed: releasePage(ALLOWED, PROXY),
  package: packagePage(PACKAGE, PROXY),
};

/** `from`: the id of the heading that stands at the top; left out: the head of the page. */
const PICTURES: readonly (readonly [
  page: keyof typeof PAGES | "dry-run",
  size: keyof typeof SIZES,
  theme: "light" | "dark",
  from?: string,
])[] = [
  ["blocked", "desktop", "light"],
  ["blocked", "desktop", "dark"],
  ["blocked", "phone", "light"],
  ["held", "desktop", "light"],
  ["held", "phone", "dark"],
  ["allowed", "desktop", "light"],
  ["allowed", "phone", "dark"],
  ["package", "desktop", "dark"],
  ["dry-run", "desktop", "light"],
  ["dry-run", "phone", "dark"],
  ["dry-run", "desktop", "dark", "repositories"],
];

const FONTS = `<?xml version="1.0"?>
<!DOCTYPE fontconfig SYSTEM "fonts.dtd">
<fontconfig>
  <include ignore_missing="yes">/etc/fonts/fonts.conf</include>
  <match target="pattern">
    <test name="family"><string>sans-serif</string></test>
    <edit name="family" mode="prepend" binding="strong"><string>Inter</string></edit>
  </match>
  <alias binding="strong"><family>system-ui</family><prefer><family>Inter</family></prefer></alias>
  <alias binding="strong"><family>ui-monospace</family><prefer><family>JetBrains Mono</family></prefer></alias>
</fontconfig>
`;

if (noBrowser) {
  console.error(noBrowser);
  process.exit(2);
}

const server = createServer(({ url = "" }, response) => {
  const page = PAGES[url.slice(1) as keyof typeof PAGES];
  response.writeHead(page ? 200 : 404, { ...PAGE_HEADERS, "content-type": "text/html; charset=utf-8" }).end(page);
});
await new Promise<void>((resolve) => server.listen(0, "127.0.0.1", resolve));
const folder = makeFolder();
const report = pathToFileURL(folder.write("dry-run.html", htmlReport(companyRun())));
const browser = await startBrowser({ FONTCONFIG_FILE: folder.write("fonts.conf", FONTS) });
mkdirSync(TARGET, { recursive: true });
for (const [name, size, colorScheme, from] of PICTURES) {
  const page = await browser.newPage({
    viewport: SIZES[size],
    colorScheme,
    deviceScaleFactor: size === "phone" ? 1.5 : 1,
  });
  const address = name === "dry-run" ? report : `http://127.0.0.1:${(server.address() as AddressInfo).port}/${name}`;
  await page.goto(`${address}${from ? `#${from}` : ""}`);
  const path = join(TARGET, `${name}-${size}-${colorScheme}${from ? `-${from}` : ""}.png`);
  await page.screenshot({ path });
  await page.close();
  const { size: bytes } = statSync(path);
  console.log(`${path} ${bytes} bytes`);
  if (bytes > MAX_BYTES) process.exitCode = 1;
}
await browser.close();
server.close();
folder.remove();
