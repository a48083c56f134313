"""`mkdocs serve`: what an edit runs again, what a failure shows, what a taken port says."""

import contextlib
import queue
import re
import socket
import subprocess
import sys
import threading
import time
import urllib.request

import pytest

from tests.conftest import PAGE, SNIPPET, mkdocs

BUILT = "The new site is in place"  # MkDocs' own words hold its seconds, and it says nothing twice


def free_port():
    with socket.socket() as probe:
        probe.bind(("127.0.0.1", 0))
        return probe.getsockname()[1]


class Server:
    """A running `mkdocs serve` and the lines that it prints."""

    def __init__(self, root):
        self.port = free_port()
        command = [
            sys.executable,
            "-u",
            "-m",
            "mkdocs",
            "serve",
            "--livereload",
            "--dev-addr",
            f"127.0.0.1:{self.port}",
        ]
        self.process = subprocess.Popen(
            command, cwd=root, stdout=subprocess.DEVNULL, stderr=subprocess.PIPE, text=True
        )
        self.lines = queue.Queue()
        threading.Thread(
            target=lambda: [self.lines.put(line) for line in self.process.stderr], daemon=True
        ).start()

    def wait_for(self, pattern, seconds=60):
        seen = []
        end = time.monotonic() + seconds
        while time.monotonic() < end:
            with contextlib.suppress(queue.Empty):
                seen.append(self.lines.get(timeout=0.2))
                if re.search(pattern, seen[-1]):
                    return "".join(seen)
        raise AssertionError(f"{pattern!r} did not come:\n{''.join(seen)}")

    def get(self, path):
        with urllib.request.urlopen(f"http://127.0.0.1:{self.port}/{path}", timeout=30) as answer:
            return answer.read().decode()


@pytest.fixture
def server(project):
    (project / "docs" / "two.md").write_text(PAGE.replace("one", "two").replace("# One", "# Two"))
    (project / "snippets" / "two.py").write_text(
        SNIPPET.replace("lego.tiny import double", "lego.other import double")
    )
    (project / "lego" / "other.py").write_text("def double(x):\n    return 2 * x\n")
    server = Server(project)
    try:
        server.wait_for(r"Serving on http://127\.0\.0\.1")
        yield server
    finally:
        server.process.terminate()
        server.process.wait(20)
        server.process.stderr.close()


def test_an_edit_runs_exactly_what_depends_on_it_and_a_failure_keeps_the_last_good_site(server, project):
    assert "drawn 2" in server.get("one/")
    time.sleep(1.5)  # the watcher compares times of change

    (project / "snippets" / "one.py").write_text(SNIPPET.replace('"drawn"', '"edited"'))
    seen = server.wait_for("Reloading browsers")
    assert "1 of 2 from the cache; ran one " in seen
    assert "edited 2" in server.get("one/")

    (project / "lego" / "other.py").write_text("def double(x):\n    return 20 * x\n")
    seen = server.wait_for("Reloading browsers")
    assert "1 of 2 from the cache; ran two " in seen
    assert "drawn 20" in server.get("two/")

    (project / "docs" / "index.md").write_text("# Home again\n")
    seen = server.wait_for("Reloading browsers")
    assert "2 of 2 from the cache" in seen

    (project / "snippets" / "one.py").write_text("1 / 0\n")
    seen = server.wait_for("The last good site is still shown")
    assert "snippets/one.py:1: ZeroDivisionError" in seen
    assert "edited 2" in server.get("one/"), "the last good page"

    (project / "snippets" / "one.py").write_text(SNIPPET)
    server.wait_for("Reloading browsers")  # of the failed build
    server.wait_for("Figures: 1 of 2 from the cache; ran one")
    server.wait_for("Reloading browsers")
    assert "drawn 2" in server.get("one/")


def test_a_picture_that_comes_after_its_page_mends_the_build(server, project):
    time.sleep(1.5)
    page = project / "docs" / "index.md"
    page.write_text('# Home\n\n![Still](still.svg "It stands still.")\n')
    assert "there is no snippet snippets/still.py" in server.wait_for("The last good site is still shown")
    (project / "docs" / "still.svg").write_text('<svg xmlns="http://www.w3.org/2000/svg"/>\n')
    server.wait_for("Reloading browsers")
    server.wait_for(BUILT)
    server.wait_for("Reloading browsers")
    assert "still.svg" in server.get("")


def test_what_a_page_is_made_of_is_watched(server, project):
    """Its template, and a result that it includes."""
    time.sleep(1.5)
    result = project / "benchmarks" / "results" / "counted.md"
    result.write_text("It is 17.\n")
    (project / "docs" / "index.md").write_text('# Home\n\n--8<-- "benchmarks/results/counted.md"\n')
    server.wait_for(BUILT)
    server.wait_for("Reloading browsers")
    assert "It is 17." in server.get("")
    result.write_text("It is 18.\n")
    server.wait_for(BUILT)
    server.wait_for("Reloading browsers")
    assert "It is 18." in server.get("")
    template = project / "hooks" / "theme" / "main.html"
    template.write_text(template.read_text().replace("<script>", "<script data-mark>", 1))
    server.wait_for(BUILT)
    server.wait_for("Reloading browsers")
    assert "<script data-mark>" in server.get("one/")


def test_a_port_beyond_all_ports_is_told(project):
    result = mkdocs("serve", "--dev-addr", "127.0.0.1:99999", cwd=project)
    assert result.returncode == 1 and "Can't serve on 127.0.0.1:99999" in result.stderr
    assert "Traceback" not in result.stderr


def test_a_taken_port_is_told_before_the_build(project):
    with socket.socket() as taken:
        taken.bind(("127.0.0.1", 0))
        taken.listen()
        port = taken.getsockname()[1]
        result = mkdocs("serve", "--dev-addr", f"127.0.0.1:{port}", cwd=project)
    assert result.returncode == 1 and "Figures: " not in result.stderr
    assert f"Can't serve on 127.0.0.1:{port}" in result.stderr and "choose another port" in result.stderr
    assert "Traceback" not in result.stderr


def figure(page):
    return re.search(r"<figure.*?</figure>", page, re.DOTALL)[0]


def without_reload(page):
    """What MkDocs' server gives, without the counter in its own script."""
    return re.sub(r"livereload\([^)]*\)", "", page)


def test_a_saved_page_is_shown_before_the_whole_site_is_built(server, project):
    time.sleep(1.5)
    before = server.get("one/")
    (project / "snippets" / "one.py").write_text(
        SNIPPET.replace('"drawn"', '"edited"').replace("plot(", "stem(")
    )
    server.wait_for("Shown early: 1 page, ")
    early = server.get("one/")
    assert "edited 2" in early and figure(early) != figure(before) and "drawn 2" in server.get("two/")
    seen = server.wait_for("Reloading browsers")
    assert without_reload(server.get("one/")) == without_reload(early)
    assert BUILT in seen and "2 of 2 from the cache" in seen
    assert "edited 2" in server.get("one/index.md"), "the twin comes with the whole site"

    page = project / "docs" / "one.md"
    page.write_text(page.read_text().replace("# One", "# Uno"))
    server.wait_for("Shown early: 1 page, ")
    assert "Uno" in server.get("one/") and "Uno" not in server.get("two/")
    server.wait_for("Reloading browsers")
    assert "Uno" in server.get("two/"), "its title stands in the navigation"

    (project / "lego" / "other.py").write_text("def double(x):\n    return 20 * x\n")
    server.wait_for("Shown early: 1 page, ")
    assert "drawn 20" in server.get("two/")
    server.wait_for("Reloading browsers")


def test_what_was_shown_early_is_not_taken_for_what_the_whole_site_is_made_of(server, project):
    """One save changes a title and the text of the page before it; then the title is taken back."""
    one, two = project / "docs" / "one.md", project / "docs" / "two.md"
    text, title = one.read_text(), two.read_text()
    time.sleep(1.5)
    two.write_text(title.replace("# Two", "# Withdrawn"))
    one.write_text(f"{text}\nMore.\n")
    server.wait_for("Shown early: 2 pages, ")
    assert "Withdrawn" in server.get("one/")
    server.wait_for(BUILT)
    two.write_text(title)
    server.wait_for("Shown early: 1 page, ")
    server.wait_for(BUILT)
    server.wait_for("Reloading browsers")
    assert "More." in server.get("one/") and "Withdrawn" not in server.get("one/")
