"""Measures the built site in a real browser: every page as wide as a desktop, light and dark, and as a phone.

    make audit                                                     the whole site, in site/
    make audit AUDIT=--missing                                     the pages that no audit has finished yet
    .venv/bin/python -m benchmarks.audit --pages activations/ --no-lighthouse

Results are written after each page, into those of earlier audits: what is interrupted goes on with --missing.
The site is served as a host for static pages serves it, at the address that it was built for: elsewhere, instant
navigation is off. Lighthouse, axe-core and the Nu checker are installed once, into .cache/audit. Lighthouse's score of
performance moves by some points on a busy machine: run it alone.
"""

from __future__ import annotations

import argparse
import functools
import gzip
import json
import os
import shutil
import statistics
import subprocess
import sys
import threading
from collections.abc import Iterable, Iterator
from contextlib import contextmanager
from http.server import SimpleHTTPRequestHandler, ThreadingHTTPServer
from pathlib import Path
from typing import Any
from urllib.parse import unquote, urlsplit

from benchmarks.measure import RESULTS, ROOT, keep, today
from hooks import links, tested

SITE = ROOT / "site"
TOOLS = ROOT / ".cache" / "audit"
RESULT = RESULTS / "audit.json"
PACKAGES = {"lighthouse": "12", "axe-core": "4", "vnu-jar": "26"}
NEEDED = {"node": "nodejs", "npm": "npm", "java": "default-jre-headless", "chromium": "chromium"}
FLAGS = [
    "--no-sandbox",
    "--disable-gpu",
    "--disable-background-networking",
    "--disable-component-update",
    "--disable-sync",
    "--host-resolver-rules=MAP * ~NOTFOUND, EXCLUDE 127.0.0.1",  # there is no other host
]
WCAG = ["wcag2a", "wcag2aa", "wcag21a", "wcag21aa", "wcag22aa"]
COMPRESSED = {".html", ".css", ".js", ".json", ".svg", ".txt", ".xml"}
MEASURES = {  # name in a row, name in the table, which end is the worst
    "performance": ("Performance", min),
    "accessibility": ("Accessibility", min),
    "best-practices": ("Best practices", min),
    "seo": ("SEO", min),
    "lcp": ("LCP, s", max),
    "cls": ("CLS", max),
    "axe_light": ("axe, light", max),
    "axe_dark": ("axe, dark", max),
    "axe_phone": ("axe, phone", max),
    "hosts": ("Other hosts", max),
    "console": ("Console errors", max),
    "html": ("HTML errors", max),
    "broken": ("Broken links", max),
    "kb": ("KB", max),
    "requests": ("Requests", max),
    "overflow": ("Overflow, px", max),
    "contrast_light": ("Contrast, light", min),
    "contrast_dark": ("Contrast, dark", min),
}
# what Lighthouse finds, in how many runs, and when
SCORES = {"performance", "accessibility", "best-practices", "seo", "lcp", "cls", "runs", "scored"}
AXE = """async (tags) => {
  for (const part of document.querySelectorAll("details:not(.run)")) part.open = true  // a menu would lie on the text
  for (const part of document.querySelectorAll(".late")) part.style.contentVisibility = "visible"
  await new Promise((resolve) => requestAnimationFrame(() => requestAnimationFrame(resolve)))
  const found = await axe.run(document, {runOnly: {type: "tag", values: tags}, resultTypes: ["violations"]})
  return found.violations.map(({id, nodes}) => `${id}: ${nodes.map(({target}) => target.join(" ")).join(", ")}`)
}"""
CONTRAST = """() => {  // of the faintest line in a figure, against the page
  const canvas = new OffscreenCanvas(1, 1).getContext("2d", {willReadFrequently: true})
  const luminance = (...layers) => {
    for (const [color, opacity] of layers) {
      canvas.globalAlpha = opacity
      canvas.fillStyle = color
      canvas.fillRect(0, 0, 1, 1)
    }
    const [r, g, b] = [...canvas.getImageData(0, 0, 1, 1).data].map((level) => {
      level /= 255
      return level <= 0.04045 ? level / 12.92 : ((level + 0.055) / 1.055) ** 2.4
    })
    return 0.2126 * r + 0.7152 * g + 0.0722 * b
  }
  const page = [getComputedStyle(document.body).backgroundColor, 1]
  const probe = document.body.appendChild(document.createElement("i"))
  probe.style.color = "var(--plot-grid)"
  const grid = getComputedStyle(probe).color
  probe.remove()
  let least = null
  for (const line of document.querySelectorAll("figure.plot svg :is(path, line, polyline)")) {
    const {stroke, strokeOpacity, fill} = getComputedStyle(line)
    if (stroke === "none" || stroke === grid || fill !== "none") continue
    if (stroke === "rgb(0, 0, 0)") continue  // ink is no pure black: this one is drawn on a map
    let opacity = +strokeOpacity
    for (let parent = line; parent.tagName !== "FIGURE"; parent = parent.parentNode)
      opacity *= +getComputedStyle(parent).opacity
    const pair = [luminance(page), luminance(page, [stroke, opacity])].sort((a, b) => b - a)
    least = Math.min(least ?? 21, (pair[0] + 0.05) / (pair[1] + 0.05))
  }
  return least
}"""
Row = dict[str, Any]


class Handler(SimpleHTTPRequestHandler):
    """Files as a host for static pages sends them: compressed, and kept for ten minutes."""

    protocol_version = "HTTP/1.1"

    def do_GET(self) -> None:
        path = Path(self.translate_path(self.path))
        path = path / "index.html" if path.is_dir() else path
        found = path.is_file()
        body, small = content(path if found else SITE / "404.html")
        self.send_response(200 if found else 404)
        self.send_header("Content-Type", self.guess_type(path if found else "404.html"))
        self.send_header("Content-Length", str(len(body)))
        self.send_header("Cache-Control", "max-age=600")
        if small:
            self.send_header("Content-Encoding", "gzip")
        self.end_headers()
        self.wfile.write(body)

    def log_message(self, *args: object) -> None:
        pass


@functools.cache
def content(path: Path) -> tuple[bytes, bool]:
    """The bytes of a file as they travel, and whether they are compressed."""
    body = path.read_bytes()
    return (gzip.compress(body, mtime=0), True) if path.suffix in COMPRESSED else (body, False)


def check_tools() -> None:
    """Say what is missing in one sentence, and install what Node brings, once."""
    for name, package in NEEDED.items():
        if shutil.which(name) is None:
            raise SystemExit(
                f"make audit needs {name}, which was not found: on Debian, apt install {package}."
            )
    if not (SITE / "index.html").is_file():
        raise SystemExit("make audit measures site/, which was not found: run make build first.")
    if not all((TOOLS / "node_modules" / name).is_dir() for name in PACKAGES):
        print(f"Setting up {TOOLS} (once)", file=sys.stderr)
        TOOLS.mkdir(parents=True, exist_ok=True)
        wanted = [f"{name}@{version}" for name, version in PACKAGES.items()]
        command = ["npm", "install", "--prefix", str(TOOLS), "--no-audit", "--no-fund", "--silent", *wanted]
        if subprocess.run(command).returncode != 0:
            raise SystemExit(
                f"make audit could not install {', '.join(wanted)}: the first run needs a network."
            )


@functools.cache
def versions() -> dict[str, str]:
    """The versions of the tools."""
    found = {}
    for name in PACKAGES:
        package = json.loads((TOOLS / "node_modules" / name / "package.json").read_text())
        found[name] = package["version"]
    chromium = subprocess.run(["chromium", "--version"], capture_output=True, text=True).stdout
    return found | {"chromium": next((word for word in chromium.split() if word[:1].isdigit()), "unknown")}


@contextmanager
def served() -> Iterator[str]:
    """The address of the site, while it is served where it was built for."""
    address = (SITE / "sitemap.xml").read_text().partition("<loc>")[2].partition("</loc>")[0]
    port = urlsplit(address).port if urlsplit(address).hostname == "127.0.0.1" else 0
    try:
        server = ThreadingHTTPServer(("127.0.0.1", port or 0), functools.partial(Handler, directory=SITE))
    except OSError as error:
        raise SystemExit(
            f"make audit serves the site on port {port} ({error.strerror}): stop what runs there."
        ) from None
    threading.Thread(target=server.serve_forever, daemon=True).start()
    try:
        yield f"http://127.0.0.1:{server.server_port}/"
    finally:
        server.shutdown()


def html_errors(pages: Iterable[str]) -> dict[str, list[str]]:
    """What the Nu checker finds, by page."""
    files = [str(SITE / page / "index.html") for page in pages]
    jar = TOOLS / "node_modules" / "vnu-jar" / "build" / "dist" / "vnu.jar"
    flags = ["--format", "json", "--exit-zero-always", "--stdout"]
    command = ["java", "-Xss8m", "-jar", str(jar), *flags, *files]
    found: dict[str, list[str]] = {}
    checked = subprocess.run(command, capture_output=True, text=True, check=True)
    for message in json.loads(checked.stdout)["messages"]:
        if message["type"] != "info":
            folder = Path(unquote(urlsplit(message["url"]).path)).parent.relative_to(SITE).as_posix()
            found.setdefault("" if folder == "." else f"{folder}/", []).append(message["message"])
    return found


def visit(browser: Any, address: str) -> Row:
    """What a browser meets on one page."""
    asked: list[str] = []
    sizes: list[int] = []
    console: list[str] = []
    row: Row = {"console": console}
    for scheme in ("light", "dark"):
        context = browser.new_context(viewport={"width": 1280, "height": 900}, color_scheme=scheme)
        page = context.new_page()
        page.on("console", lambda message: console.append(message.text) if message.type == "error" else None)
        page.on("pageerror", lambda error: console.append(str(error)))
        page.on("request", lambda request: asked.append(request.url))
        if scheme == "light":  # the first visit: nothing is kept yet
            network = context.new_cdp_session(page)
            network.send("Network.enable")
            network.on("Network.loadingFinished", lambda event: sizes.append(event["encodedDataLength"]))
        page.goto(address, wait_until="networkidle")
        if scheme == "light":
            row["requests"] = sum(url.startswith("http") for url in asked)
        contrast = page.evaluate(CONTRAST)
        row[f"contrast_{scheme}"] = contrast and round(contrast, 2)
        row[f"axe_{scheme}"] = violations(page)
        context.close()
    row["kb"] = round(sum(sizes) / 1024, 1)
    hosts = {urlsplit(url).netloc for url in asked if url.startswith("http")}
    row["hosts"] = sorted(hosts - {urlsplit(address).netloc})
    context = browser.new_context(viewport={"width": 320, "height": 800}, is_mobile=True, has_touch=True)
    page = context.new_page()
    page.goto(address, wait_until="networkidle")
    row["overflow"] = page.evaluate("Math.max(0, document.documentElement.scrollWidth - 320)")
    row["axe_phone"] = violations(page)
    context.close()
    return row


def violations(page: Any) -> list[str]:
    """What axe finds on an open page, also in what is folded."""
    page.evaluate((TOOLS / "node_modules" / "axe-core" / "axe.min.js").read_text())
    found: list[str] = page.evaluate(AXE, WCAG)
    return found


def lighthouse(address: str, runs: int) -> Row:
    """Lighthouse's scores for a phone, each the median of some runs."""
    script = TOOLS / "node_modules" / "lighthouse" / "cli" / "index.js"
    flags = " ".join(f'"{flag}"' if " " in flag else flag for flag in ["--headless=new", *FLAGS])
    command = ["node", str(script), address, "--quiet", "--output=json", "--disable-full-page-screenshot"]
    command += ["--only-categories=performance,accessibility,best-practices,seo", f"--chrome-flags={flags}"]
    environment = os.environ | {"CHROME_PATH": shutil.which("chromium") or ""}
    rows = []
    for _ in range(runs):
        run = subprocess.run(command, capture_output=True, text=True, env=environment)
        if run.returncode != 0:
            raise SystemExit(f"Lighthouse failed on {address}:\n{run.stderr}")
        report = json.loads(run.stdout)
        row = {name: round(100 * category["score"]) for name, category in report["categories"].items()}
        row["lcp"] = report["audits"]["largest-contentful-paint"]["numericValue"] / 1000
        row["cls"] = report["audits"]["cumulative-layout-shift"]["numericValue"]
        rows.append(row)
    return {name: round(statistics.median(row[name] for row in rows), 3) for name in rows[0]}


def markdown(pages: dict[str, Row]) -> str:
    """The audit as two tables: the worst and the median of each measure, then a row for each page."""
    rows = {page: {name: number(value) for name, value in row.items()} for page, row in pages.items()}
    kept = [name for name in MEASURES if any(row.get(name) is not None for row in rows.values())]
    used: dict[str, set[str]] = {}
    for row in pages.values():
        for name, version in row["versions"].items():
            used.setdefault(name, set()).add(version)
    tools = ", ".join(f"{name} {' or '.join(sorted(found))}" for name, found in used.items())
    runs = sorted({row["runs"] for row in pages.values() if "runs" in row})
    when, scored = (days(row[name] for row in pages.values() if name in row) for name in ("date", "scored"))
    medians = f"; Lighthouse: medians of {' or '.join(map(str, runs))}, {scored}" if runs else ""
    lines = [f"{len(rows)} pages, {when}, with {tools}{medians}.", ""]
    lines += ["| Measure | Worst page | Median | Where |", "|---|---|---|---|"]
    for name in kept:
        title, worst = MEASURES[name]
        values = {page: value for page, row in rows.items() if (value := row.get(name)) is not None}
        extreme, middle = worst(values.values()), statistics.median(values.values())
        where = [page or "home" for page, value in values.items() if value == extreme]
        shown = "every page" if len(where) == len(values) else where[0]
        more = f" and {len(where) - 1} more" if 1 < len(where) < len(values) else ""
        lines.append(f"| {title} | {extreme:g} | {middle:g} | {shown}{more} |")
    lines += ["", '<div class="sortable" markdown>', ""]
    lines += [
        "| Page | " + " | ".join(MEASURES[name][0] for name in kept) + " |",
        "|---" * (len(kept) + 1) + "|",
    ]
    for page, row in rows.items():
        cells = ["–" if row.get(name) is None else f"{row[name]:g}" for name in kept]
        lines.append(f"| {page or 'home'} | " + " | ".join(cells) + " |")
    return "\n".join([*lines, "", "</div>"]) + "\n"


def days(dates: Iterable[str]) -> str:
    """The first and the last of some days."""
    ends = sorted(set(dates))
    return " to ".join(dict.fromkeys((ends[0], ends[-1]))) if ends else ""


def number(value: Any) -> float | None:
    """How many faults a list holds; a number as it is."""
    return len(value) if isinstance(value, list) else value


def missing(pages: Iterable[str], rows: dict[str, Row]) -> list[str]:
    """The pages that lack a measure."""
    return [page for page in pages if not rows.get(page, {}).keys() >= MEASURES.keys()]


def write(rows: dict[str, Row]) -> str:
    """Keep the results, and return their table."""
    pages = dict(sorted(rows.items()))
    text = markdown(pages)
    keep(RESULT.with_suffix(".md"), text, {"pages": pages})
    return text


def main() -> None:
    """Measure, keep the results, print the table."""
    everything = sorted(
        path.parent.relative_to(SITE).as_posix().removeprefix(".") for path in SITE.rglob("index.html")
    )
    everything = [f"{page}/" if page else "" for page in everything]
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("--pages", nargs="+", metavar="PAGE", help="such as activations/mish/ (default: all)")
    parser.add_argument("--missing", action="store_true", help="only what earlier audits left unmeasured")
    parser.add_argument("--runs", type=int, default=3, help="of Lighthouse; the medians count (default: 3)")
    parser.add_argument(
        "--no-lighthouse", action="store_true", help="keep its earlier scores; the rest takes seconds"
    )
    options = parser.parse_args()
    check_tools()
    pages = options.pages or everything
    if unknown := sorted(set(pages) - set(everything)):
        parser.error(f"--pages must be pages of site/, such as {everything[1]}, got {', '.join(unknown)}")
    earlier = json.loads(RESULT.read_text(encoding="utf-8"))["pages"] if RESULT.exists() else {}
    rows: dict[str, Row] = {page: row for page, row in earlier.items() if page in everything}
    if options.missing:
        pages = missing(pages, rows)
        if not pages:
            print("No page is missing: earlier audits measured all of them.")
            return

    from playwright.sync_api import sync_playwright

    facts: Row = {"date": today(), "versions": versions()}
    errors, broken = html_errors(pages), links.find_broken(SITE, tested.read(SITE))
    with served() as address:
        with sync_playwright() as playwright:
            browser = playwright.chromium.launch(executable_path=shutil.which("chromium"), args=FLAGS)
            for page in pages:
                print(page or "home", file=sys.stderr)
                scores = {name: value for name, value in rows.get(page, {}).items() if name in SCORES}
                rows[page] = facts | scores | visit(browser, address + page)
                rows[page] |= {
                    "html": errors.get(page, []),
                    "broken": [link for link in broken if link.startswith(f"{page}index.html: ")],
                }
                write(rows)
            browser.close()
        for page in () if options.no_lighthouse else pages:
            print(f"{page or 'home'}: Lighthouse", file=sys.stderr)
            rows[page] |= {"runs": options.runs, "scored": today()} | lighthouse(address + page, options.runs)
            write(rows)
    print(write(rows))


if __name__ == "__main__":
    main()
