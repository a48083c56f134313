"""What can go wrong in a build: each fault has a clear message and an exit code, and the earlier site stays."""

import contextlib
import os
import random
import re
import resource
import shutil
import signal
import subprocess
import sys
import time
from pathlib import Path

import pytest

from tests.conftest import PAGE, SNIPPET, mkdocs


@pytest.fixture(scope="module")
def good(tmp_path_factory, make_project):
    """A project with a good site and a warm cache."""
    root = make_project(tmp_path_factory.mktemp("good"))
    result = mkdocs("build", "--strict", cwd=root)
    assert result.returncode == 0, result.stderr
    return root


@pytest.fixture
def project(good, tmp_path):
    root = tmp_path / "project"
    shutil.copytree(good, root)
    return root


def content(folder):
    """Every file of a site with its bytes, but for the times in the sitemap."""
    skip = {"sitemap.xml", "sitemap.xml.gz"}
    return {
        p.relative_to(folder): p.read_bytes() for p in folder.rglob("*") if p.is_file() and p.name not in skip
    }


def build(root, **options):
    return mkdocs("build", "--strict", cwd=root, **options)


def assert_fails(root, *messages, **options):
    """The build fails with these messages, and leaves the site and the folder as they were."""
    before, around = content(root / "site"), {path.name for path in root.iterdir()}
    result = build(root, **options)
    assert result.returncode == 1, result.stderr
    for message in messages:
        assert message in result.stdout + result.stderr, result.stderr
    assert "Traceback" not in result.stderr or "/snippets/" in result.stderr, "no traceback of our own"
    assert content(root / "site") == before
    assert {path.name for path in root.iterdir()} == around, "nothing is left lying about"


def write(root, text, name="snippets/one.py"):
    (root / name).write_text(text)


def test_a_good_build_says_what_it_did(project):
    result = build(project)
    assert result.returncode == 0
    assert "Figures: 1 of 1 from the cache" in result.stderr
    assert "drawn 2" in (project / "site" / "one" / "index.html").read_text()


def test_one_problem_is_told_with_its_place(project):
    write(project, SNIPPET.replace("double(2)", "double(2) / 0"))
    assert_fails(
        project,
        "1 problem; the site stays as it was.",
        "snippets/one.py:7: ZeroDivisionError: division by zero",
        "shown by docs/one.md:3\n",
        "Traceback (most recent call last):",
    )


def add(project, snippets):
    """Write snippets, each with a page of its own."""
    for name, text in snippets.items():
        write(project, text, f"snippets/{name}.py")
        write(project, PAGE.replace("one", name).replace("# One", f"# {name}"), f"docs/{name}.md")


def test_all_problems_are_told_at_once(project):
    broken = {
        "syntax": SNIPPET.replace("plt.plot(", "plt.plot(("),
        "killed": f"{SNIPPET}import os, signal\nos.kill(os.getpid(), signal.SIGKILL)\n",
        "empty": "print(1)\n",
        "import": "import nothing\n",
    }
    add(project, broken)
    assert_fails(
        project,
        "4 problems",
        "snippets/syntax.py:7: SyntaxError: ",
        "snippets/killed.py: its process was killed by SIGKILL",
        "snippets/empty.py: draws nothing",
        "snippets/import.py:1: ModuleNotFoundError: No module named 'nothing'",
    )


def test_a_snippet_that_loops_for_ever(project):
    write(project, SNIPPET + "while True:\n    pass\n")
    assert_fails(
        project, "one.py:1", "did not end within its time limit of 2 s", env={"LEGO_TIME_LIMIT": "2"}
    )


def test_a_page_that_names_a_missing_snippet(project):
    write(project, PAGE.replace("one", "own"), "docs/one.md")
    assert_fails(
        project, "docs/one.md:3: there is no snippet snippets/own.py; the nearest name is snippets/one.py"
    )


def test_a_snippet_that_no_page_uses(project):
    write(project, SNIPPET, "snippets/two.py")
    assert_fails(project, "snippets/two.py: no page uses this snippet: show it, or delete it")


def test_a_formula_that_is_wrong(project):
    write(project, PAGE + "\n$$\\frac{1}{$$\n", "docs/one.md")
    assert_fails(project, "docs/one.md:13: formula")


@pytest.mark.parametrize(
    ("name", "text", "message"),
    [
        (
            "one.md",
            "---\nauthor: '\"><script>alert()</script>'\n---\n" + PAGE,
            "docs/one.md: the lines before the text must hold no HTML, got <script>",
        ),
        ("one.md", '---\na: {b: ["<META x>"]}\n---\n' + PAGE, "must hold no HTML, got <META x>"),
        (
            "one.md",
            PAGE + '\n<meta http-equiv="refresh" content="0;url=//a.example">\n',
            "docs/one.md: its own text holds a meta",
        ),
        ("one.md", PAGE + '\n<LINK rel="preconnect" href="//a.example">\n', "its own text holds a link"),
        (
            "one.md",
            "---\nauthor: '0;url=//a.example\" http-equiv=\"refresh'\n---\n" + PAGE,
            "the policy forbids",
        ),
        ("one.md", PAGE + "\n<script>alert()</script>\n", "docs/one.md: its own text holds a script"),
        ("raw.html", "<script>alert()</script>", "docs/raw.html would come onto the site as it is"),
        ("raw.HTML", "<script>alert()</script>", "docs/raw.HTML would come onto the site as it is"),
        ("raw.xml", "<a/>", "docs/raw.xml would come onto the site as it is"),
        ("_redirects", "/* //a.example", "docs/_redirects would come onto the site as it is"),
        (
            "raw.svg",
            '<svg xmlns="http://www.w3.org/2000/svg" viewBox="0 0 1 1"><script>alert()</script></svg>',
            "docs/raw.svg would come onto the site as it is: <{http://www.w3.org/2000/svg}script>",
        ),
        ("raw.ipynb", "{}", "docs/raw.ipynb would come onto the site as it is"),
    ],
)
def test_what_the_policy_would_not_stop(project, name, text, message):
    write(project, text, f"docs/{name}")
    assert_fails(project, message)


def test_a_script_in_the_settings(project):
    settings = (project / "mkdocs.yml").read_text()
    hostile = re.sub("(?m)^site_name:.*", "site_name: </title><script>alert()</script>", settings)
    write(project, hostile, "mkdocs.yml")
    assert_fails(project, "a script that no template of the theme holds: alert()")


def test_no_code_of_the_library_runs_where_nothing_confines_it(project):
    """Not by the plugin that reads its docstrings, and not by a name that Python's own modules have."""
    names = "random", "queue", "multiprocessing", "difflib", "tomllib", "lego/__init__"
    for name in names:  # a script imports the last, and may not write
        code = f"try:\n    open({str(project / 'ran')!r}, 'w')\nexcept PermissionError:\n    pass\n"
        write(project, code, f"{name}.py")
    write(project, "", "lego/fast.so")
    write(project, 'def double(x):\n    """Twice."""\n    return 2 * x\n', "lego/tiny.py")
    write(project, "# Tiny\n\n::: lego.tiny\n", "docs/tiny.md")
    result = build_from_outside(project)
    assert "Twice." in (project / "site" / "tiny" / "index.html").read_text(), result.stderr
    assert not (project / "ran").exists()


def test_the_hooks_are_those_of_the_project(project):
    """And not those of the checkout that is installed."""
    own = project / "hooks" / "engine" / "shrink.py"
    write(project, own.read_text().replace("root.attrib |= {", 'root.attrib |= {"data-own": "", '), own)
    result = build_from_outside(project)
    assert 'data-own=""' in (project / "site" / "one" / "index.html").read_text(), result.stderr


def build_from_outside(project):
    """As `make build` does: Python itself does not look for modules in the folder."""
    command = Path(sys.executable).with_name("mkdocs")
    return subprocess.run(
        [command, "build"], cwd=project, capture_output=True, text=True, env=os.environ | {"PYTHONPATH": ""}
    )


def test_a_warning_in_a_strict_build(project):
    write(project, PAGE + "\n[nowhere](nowhere.md)\n", "docs/one.md")
    assert_fails(
        project, "Aborted with 1 warnings in strict mode!", "docs/one.md:13: Doc file 'one.md' contains"
    )


def test_what_markdown_would_show_otherwise_is_told_at_once(project):
    again = '![A line](one.svg "Once more.")'
    text = f"---\na: b: c\n---\n{PAGE}\n## One\n\n## One\n\nSo it is.[^a]\n\n{again}\n\n--8<-- 'one.txt'\n\n~~~\n"
    write(project, text, "docs/one.md")
    assert_fails(
        project,
        "7 problems",
        "docs/one.md:2: the lines before the text must be YAML, got 'a: b: c'",
        "docs/one.md:16: the heading One stands on line 4 already",
        "docs/one.md:18: the heading One stands on line 4 already",
        "docs/one.md:20: there is no footnote [^a] on this page",
        "docs/one.md:22: the figure one.svg would have the anchor of one.svg on line 6",
        "docs/one.md:24: an include must be like --8<-- \"path\", got --8<-- 'one.txt'",
        "docs/one.md:26: the block ~~~ has no end",
    )


def test_settings_that_would_make_another_site_are_refused(project):
    config = (project / "mkdocs.yml").read_text()
    (project / "mkdocs.yml").write_text(f"{config}use_directory_urls: false\n")
    assert_fails(project, "use_directory_urls must be true")
    (project / "mkdocs.yml").write_text(config)
    assert_fails(
        project,
        "LEGO_TIME_LIMIT must be a number of seconds above 0, got 'soon'",
        env={"LEGO_TIME_LIMIT": "soon"},
    )
    (project / "site" / ".git").mkdir()
    (project / "docs" / "index.md").touch()
    assert_fails(
        project, "is a repository, and a build would replace it: name another folder with --site-dir"
    )


def test_on_windows_a_build_says_where_it_works(project):
    """Before it asks for what Windows lacks."""
    code = (
        "import sys, multiprocessing.connection, mkdocs.plugins, mkdocs.structure.nav\n"
        "from mkdocs.exceptions import PluginError\n"
        "sys.platform, sys.modules['fcntl'], sys.modules['resource'] = 'win32', None, None\n"
        "try:\n    import hooks.handbook\nexcept PluginError as error:\n    print(error)\n"
    )
    told = subprocess.run([sys.executable, "-c", code], cwd=project, capture_output=True, text=True)
    sentence = "Snippets run in forked processes, which Windows lacks: build inside WSL"
    assert told.stdout == f"{sentence}\n", told.stderr


def test_quiet_builds_fail_too(project):
    write(project, "1 / 0\n")
    result = mkdocs("build", "-q", cwd=project)
    assert result.returncode == 1 and "ZeroDivisionError" in result.stderr


def test_damaged_cache_entries(project):
    damages = {
        "two": b"",
        "three": b"{",
        "four": b"\xff\xfe",
        "five": b'{"checksum": 1, "engine": 2, "outcome": "3"}',
    }
    add(project, dict.fromkeys(damages, SNIPPET))
    assert build(project).returncode == 0
    before = content(project / "site")
    for name, damage in damages.items():
        (entry,) = (project / ".cache").rglob(f"{name}.py.json")
        entry.write_bytes(damage)
    (project / "docs" / "index.md").touch()
    result = build(project)
    assert result.returncode == 0 and "1 of 5 from the cache; ran " in result.stderr
    assert all(f" {name} " in result.stderr.partition("; ran")[2] for name in damages)
    assert content(project / "site") == before
    (project / "docs" / "index.md").touch()
    assert "5 of 5 from the cache" in build(project).stderr


def stop_in_the_middle(project, number):
    """Send a signal to a build as soon as it runs its snippet, and wait for its end."""
    write(project, SNIPPET.replace("plt.plot", "import time; time.sleep(30)\nplt.plot"))
    scratch = project.with_name("scratch")
    scratch.mkdir()
    process = subprocess.Popen(
        [sys.executable, "-m", "mkdocs", "build"],
        cwd=project,
        env=os.environ | {"TMPDIR": str(scratch)},
        stdout=subprocess.DEVNULL,
        stderr=subprocess.DEVNULL,
        preexec_fn=lambda: signal.signal(
            signal.SIGINT, signal.SIG_DFL
        ),  # a shell's background job ignores it
    )
    while not list(scratch.glob("lego-*/*")):  # the folder of the snippet
        assert process.poll() is None
        time.sleep(0.05)
    time.sleep(0.5)
    process.send_signal(number)
    process.wait(20)
    assert process.returncode != 0


def test_a_build_killed_in_the_middle_and_started_again(project):
    before = content(project / "site")
    stop_in_the_middle(project, signal.SIGKILL)
    assert content(project / "site") == before
    write(project, SNIPPET)
    assert build(project).returncode == 0
    assert content(project / "site") == before
    assert not [path.name for path in project.iterdir() if path.name.startswith(".site")]


def test_an_interrupted_build_leaves_nothing(project):
    before = content(project / "site")
    stop_in_the_middle(project, signal.SIGINT)
    assert content(project / "site") == before
    assert not [path.name for path in project.iterdir() if path.name.startswith(".site")]


def test_two_builds_at_once(project):
    expected = content(project / "site")
    shutil.rmtree(project / ".cache")
    command = [sys.executable, "-m", "mkdocs", "build", "--strict"]
    builds = [subprocess.Popen(command, cwd=project, stderr=subprocess.PIPE, text=True) for _ in range(2)]
    for process in builds:
        _, stderr = process.communicate(timeout=120)
        assert process.returncode == 0, stderr
    assert content(project / "site") == expected
    assert not [path.name for path in project.iterdir() if path.name.startswith(".site")]


needs_plain_user = pytest.mark.skipif(
    os.geteuid() == 0 and not shutil.which("setpriv"), reason="root writes anywhere, and there is no setpriv"
)


@contextlib.contextmanager
def unwritable(folders):
    """While nothing can be written into some folders: a strict build, as a user for whom that holds."""
    for folder in folders:
        folder.chmod(0o555)
    try:
        plain = ["setpriv", "--bounding-set=-all", "--inh-caps=-all"] if os.geteuid() == 0 else []
        yield [*plain, sys.executable, "-m", "mkdocs", "build", "--strict"]
    finally:
        for folder in folders:
            folder.chmod(0o755)


@needs_plain_user
def test_a_cache_folder_that_cannot_be_written(project):
    before = content(project / "site")
    write(project, SNIPPET + "\n")  # the entry no longer holds
    folders = [path for path in (project / ".cache").rglob("*") if path.is_dir()]
    with unwritable(folders) as command:
        result = subprocess.run(command, cwd=project, capture_output=True, text=True, timeout=120)
    assert result.returncode == 0, result.stderr
    assert "Nothing can be kept in" in result.stderr and "Permission denied" in result.stderr
    assert content(project / "site") == before


def everything(folder):
    """Every file with its bytes, the sitemap included."""
    return {path.relative_to(folder): path.read_bytes() for path in folder.rglob("*") if path.is_file()}


@pytest.mark.skipif(
    not hasattr(os, "sched_setaffinity"), reason="this system gives no process fewer processors"
)
def test_two_cold_builds_are_equal_byte_for_byte(project):
    """The day comes from SOURCE_DATE_EPOCH; one build has one processor, the other all."""
    add(project, {"two": SNIPPET, "three": SNIPPET.replace("double(2)", "double(3)")})
    sites = []
    for processors in ({min(os.sched_getaffinity(0))}, os.sched_getaffinity(0)):
        shutil.rmtree(project / ".cache")
        shutil.rmtree(project / "site")
        result = build(
            project,
            env={"SOURCE_DATE_EPOCH": "1700000000"},
            preexec_fn=lambda chosen=processors: os.sched_setaffinity(0, chosen),
        )
        assert result.returncode == 0, result.stderr
        sites.append(everything(project / "site"))
    assert sites[0] == sites[1]
    assert b"2023-11-14" in sites[0][Path("sitemap.xml")]


MOMENTS = int(os.environ.get("LEGO_KILLS", "2"))


def test_builds_killed_at_random_moments_and_then_one_that_is_not(project):
    """Whatever moment it is, the site is the old one or the new one, and the next build equals a clean one."""
    old = content(project / "site")
    write(project, SNIPPET.replace('"drawn"', '"edited"'))
    clean = project.with_name("clean")
    shutil.copytree(project, clean, ignore=shutil.ignore_patterns(".cache", "site"))
    took = []  # seconds of a build as those that are killed would take, warm and cold
    for place in project.with_name("warm"), clean:
        if place != clean:
            shutil.copytree(project, place)
        start = time.monotonic()
        assert build(place).returncode == 0
        took.append(time.monotonic() - start)
    new = content(clean / "site")
    moments = random.Random(0)
    for number in range(MOMENTS):
        cold, sent = number % 4 > 1, (signal.SIGKILL, signal.SIGTERM)[number % 2]
        moment = moments.uniform(0.1, 0.95) * took[cold]
        place = project.with_name(f"killed-{number}")
        while True:
            shutil.copytree(project, place)  # the old site and what was kept for it, and an edit
            if cold:
                shutil.rmtree(place / ".cache")
            process = subprocess.Popen(
                [sys.executable, "-m", "mkdocs", "build", "--strict"], cwd=place, stderr=subprocess.DEVNULL
            )
            time.sleep(moment)
            process.send_signal(sent)
            if process.wait(20) != 0:
                break
            assert content(place / "site") == new
            shutil.rmtree(place)  # it had ended: this machine is faster by now
            moment /= 2
        assert content(place / "site") in (old, new)
        if sent == signal.SIGTERM:
            assert not list(place.glob(".site-*")), "who is asked to end leaves nothing"
        assert build(place).returncode == 0
        assert content(place / "site") == new
        assert not list(place.glob(".site-*"))
        shutil.rmtree(place)


@pytest.mark.parametrize(
    ("megabytes", "message"),
    [(300, "the fork server died; its own message stands above"), (1500, "one.py:11: RuntimeError")],
)
def test_too_little_memory(project, megabytes, message):
    """Under a limit that PyTorch does not fit in, and one that a snippet goes beyond; without it, it succeeds."""
    before = content(project / "site")
    write(project, f"{SNIPPET}import torch\nones = torch.ones(2**28).double()\nprint(ones.numel())\n")

    def limit():
        resource.setrlimit(resource.RLIMIT_AS, (megabytes << 20, megabytes << 20))

    result = build(project, preexec_fn=limit)
    assert result.returncode == 1 and message in result.stderr, result.stderr
    assert content(project / "site") == before
    write(project, SNIPPET + "\n")
    assert build(project).returncode == 0 and content(project / "site") == before


@pytest.fixture
def small_disk(tmp_path):
    """A folder that holds sixteen megabytes."""
    small = tmp_path / "small"
    small.mkdir()
    mount = ["mount", "-t", "tmpfs", "-o", "size=16m", "none", str(small)]
    if os.geteuid() != 0 or subprocess.run(mount, capture_output=True).returncode != 0:
        pytest.skip("a small disk needs the right to mount one")
    yield small
    subprocess.run(["umount", str(small)], check=True)


@pytest.mark.parametrize("room", [0, 40_000])
def test_no_room_for_what_is_passing(project, small_disk, room):
    """Where nothing fits in the folder for temporary files, Python takes another; where little does, the build ends."""
    before = content(project / "site")
    write(project, SNIPPET + "print('much' * 15_000)\n")
    filler = small_disk / "filler"
    filler.write_bytes(bytes(shutil.disk_usage(small_disk).free - room))
    result = build(project, env={"TMPDIR": str(small_disk)})
    if room:
        assert result.returncode == 1, result.stderr
        assert (
            f"one.py: its process ended early with exit code 1 (No space left on device: {small_disk})"
            in result.stderr
        )
        assert content(project / "site") == before
    else:
        assert result.returncode == 0, result.stderr
    filler.unlink()
    write(project, SNIPPET + "\n")
    assert build(project, env={"TMPDIR": str(small_disk)}).returncode == 0
    assert content(project / "site") == before and not list(small_disk.iterdir())


def test_a_full_disk(good, small_disk):
    """The build ends with the system's reason; once there is room, it succeeds."""
    root = small_disk / "project"
    shutil.copytree(good, root)
    before = content(root / "site")
    filler = small_disk / "filler"
    free = shutil.disk_usage(small_disk).free
    filler.write_bytes(bytes(max(0, free - 300_000)))
    result = build(root)
    assert result.returncode == 1, result.stderr
    assert "No space left on device" in result.stderr and "The site stays as it was." in result.stderr
    assert content(root / "site") == before
    filler.unlink()
    assert build(root).returncode == 0
    assert content(root / "site") == before and not list(root.glob(".site-*"))


def test_a_clock_that_was_set_back(project):
    """What holds is told by content: an edit that looks older than all the rest is seen."""
    for path in (project / ".cache").rglob("*.json"):
        os.utime(path, (4e9, 4e9))
    write(project, SNIPPET.replace('"drawn"', '"edited"'))
    os.utime(project / "snippets" / "one.py", (0, 0))
    result = build(project)
    assert result.returncode == 0 and "ran one" in result.stderr
    assert "edited 2" in (project / "site" / "one" / "index.html").read_text()


def test_a_path_with_spaces_and_other_letters(project, tmp_path):
    before = content(project / "site")
    there = tmp_path / "my projects" / "Сети & 網絡 ü'#%"
    there.parent.mkdir()
    project.rename(there)
    shutil.rmtree(there / ".cache")
    result = build(there)
    assert result.returncode == 0, result.stderr
    assert content(there / "site") == before


def test_windows_line_ends(project):
    before = content(project / "site")
    for folder in ("docs", "snippets", "lego", "hooks/theme", "."):
        for path in (project / folder).rglob("*" if folder != "." else "*.yml"):
            if path.suffix in {".md", ".py", ".css", ".js", ".html", ".toml", ".yml"}:
                path.write_bytes(path.read_bytes().replace(b"\n", b"\r\n"))
    result = build(project)
    assert result.returncode == 0, result.stderr
    after = content(project / "site")
    assert after.keys() == before.keys()
    carried = {".css", ".js"}  # scripts and styles of docs/assets travel as they are
    for name, data in before.items():
        assert (after[name].replace(b"\r", b"") if name.suffix in carried else after[name]) == data, name


@needs_plain_user
@pytest.mark.parametrize("fresh", [False, True])
def test_a_checkout_that_cannot_be_written(project, tmp_path, fresh):
    if fresh:
        shutil.rmtree(project / ".cache")
    before = everything(project)
    folders = [project, *(path for path in project.rglob("*") if path.is_dir())]
    with unwritable(folders) as command:
        refused = subprocess.run(command, cwd=project, capture_output=True, text=True, timeout=120)
        command += ["--site-dir", str(tmp_path / "elsewhere" / "site")]
        built = subprocess.run(command, cwd=project, capture_output=True, text=True, timeout=120)
    assert refused.returncode == 1 and "Traceback" not in refused.stderr, refused.stderr
    assert f"can't be written in {project}" in refused.stderr and "--site-dir" in refused.stderr
    assert built.returncode == 0, built.stderr
    assert content(tmp_path / "elsewhere" / "site") == content(project / "site")
    assert everything(project) == before


def test_hidden_files_of_editors_are_passed_over(project):
    (project / "docs" / ".#one.md").symlink_to("someone@host.1:2")  # Emacs's sign that a file is being edited
    (project / "lego" / ".#tiny.py").symlink_to("someone@host.1:2")
    (project / "hooks" / "engine" / ".#child.py").symlink_to("someone@host.1:2")
    (project / "docs" / "references.toml").write_text("")
    folder = project / "snippets" / ".ipynb_checkpoints"
    folder.mkdir()
    write(project, "1 / 0", folder / "one-checkpoint.py")
    write(project, SNIPPET.replace('"drawn"', '"edited"'))
    result = build(project)
    assert result.returncode == 0, result.stderr
    assert "edited 2" in (project / "site" / "one" / "index.html").read_text()


def test_a_page_that_is_not_utf_8(project):
    (project / "docs" / "one.md").write_bytes("# Größe\n".encode("latin-1"))
    assert_fails(project, "docs/one.md: a page is text in UTF-8, and this is none: 'utf-8' codec")


def test_names_with_dots_and_other_letters(project):
    for folder, kind, text in (
        ("docs", "md", PAGE.replace('"one', '"größen/v1.2').replace("one.", "v1.2.")),
        ("snippets", "py", SNIPPET),
    ):
        (project / folder / "größen").mkdir()
        write(project, text, f"{folder}/größen/v1.2.{kind}")
    for name in ("docs/größen/v1.2.md", "docs/index.md"):
        with (project / name).open("a") as page:
            page.write(
                "\n[Link](gr%C3%B6%C3%9Fen/v1.2.md)\n" if "index" in name else "\n[Home](../index.md)\n"
            )
    result = build(project)
    assert result.returncode == 0, result.stderr
    folder = project / "site" / "größen" / "v1.2"
    assert '<figure class="plot"' in (folder / "index.html").read_text()
    assert {"v1.2.ipynb", "v1.2.py", "index.md"} <= {path.name for path in folder.iterdir()}
    twin = (project / "site" / "index.md").read_text()
    assert "[Link](gr%C3%B6%C3%9Fen/v1.2/index.md)" in twin
