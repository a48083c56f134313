"""A browser for the tests of the built site: the machine's own Chromium."""

import contextlib
import os
import shutil
import threading
from functools import partial
from http.server import SimpleHTTPRequestHandler, ThreadingHTTPServer

import pytest

CHROMIUM = next(filter(None, map(shutil.which, ("chromium", "chromium-browser", "google-chrome"))), None)

WATCH = """
window.violations = []
document.addEventListener("securitypolicyviolation", (event) =>
    window.violations.push(`${event.violatedDirective}: ${event.blockedURI} ${event.sourceFile}:${event.lineNumber}`))
"""


class Quiet(SimpleHTTPRequestHandler):
    """A file server for the built site that keeps its log to itself."""

    def log_message(self, *args):
        pass


@contextlib.contextmanager
def serve(handler, folder):
    """The address of a server of a folder, which answers as the handler does."""
    server = ThreadingHTTPServer(("127.0.0.1", 0), partial(handler, directory=folder))
    threading.Thread(target=server.serve_forever, daemon=True).start()
    yield f"http://127.0.0.1:{server.server_port}/"
    server.shutdown()
    server.server_close()


@pytest.fixture(scope="session")
def address(site):
    with serve(Quiet, site.parent) as root:
        yield f"{root}site/"  # below a sub-path


@pytest.fixture(scope="session")
def browser():
    if CHROMIUM is None:
        # what passes there is published
        end = pytest.fail if "CI" in os.environ else pytest.skip
        end("no Chromium on this machine: apt install chromium")
    from playwright.sync_api import sync_playwright

    flags = [
        "--no-sandbox",
        "--disable-gpu",
        "--disable-background-networking",
        "--disable-component-update",
        "--disable-sync",
    ]
    with sync_playwright() as playwright:
        chromium = playwright.chromium.launch(executable_path=CHROMIUM, args=flags)
        yield chromium
        chromium.close()


@contextlib.contextmanager
def new_page(browser, address):
    """A page of its own; at its end no problem may have been told, and no other host asked."""
    context = browser.new_context(permissions=["clipboard-read", "clipboard-write"])
    page = context.new_page()
    page.problems, page.hosts = [], set()
    page.on(
        "console", lambda message: page.problems.append(message.text) if message.type == "error" else None
    )
    page.on("pageerror", lambda error: page.problems.append(str(error)))
    page.on("request", lambda request: page.hosts.add(request.url.split("/")[2]))
    try:
        yield page
        assert page.problems == []
        assert page.hosts == {address.split("/")[2]}
    finally:
        context.close()


@pytest.fixture
def page(browser, address):
    with new_page(browser, address) as page:
        yield page


@pytest.fixture
def at_home(page, address, site):
    """The sitemap says that the site stands where it is served, or no navigation would be instant."""
    text = (site / "sitemap.xml").read_text().replace("<loc>http://127.0.0.1:8000/", f"<loc>{address}")
    assert address in text
    page.route("**/sitemap.xml", lambda route: route.fulfill(body=text, content_type="application/xml"))
