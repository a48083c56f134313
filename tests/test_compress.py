"""Files compressed ahead of time hold what they stand beside, and the same site gives the same bytes."""

import gzip
import subprocess
import sys

import brotli
import pytest

from hooks.compress import compress
from tests.conftest import ROOT


@pytest.fixture
def site(tmp_path):
    (tmp_path / "a").mkdir()
    (tmp_path / "index.html").write_text("<p>σ</p>" * 500)
    (tmp_path / "a" / "page.json").write_text("[" + "1," * 3000 + "1]")
    (tmp_path / "a" / "small.txt").write_text("x" * 1023)
    (tmp_path / "a" / "card.png").write_bytes(bytes(5000))
    return tmp_path


def test_each_large_text_gets_both_and_nothing_else_does(site):
    sums = compress(site)
    names = {path.relative_to(site).as_posix() for path in site.rglob("*") if path.suffix in {".gz", ".br"}}
    assert names == {"index.html.gz", "index.html.br", "a/page.json.gz", "a/page.json.br"}
    for name in ("index.html", "a/page.json"):
        data = (site / name).read_bytes()
        assert gzip.decompress((site / f"{name}.gz").read_bytes()) == data
        assert brotli.decompress((site / f"{name}.br").read_bytes()) == data
    assert sums[""] == sum((site / name).stat().st_size for name in ("index.html", "a/page.json"))
    (site / "a" / "small.txt").write_text("x" * 1024)
    compress(site)
    assert (site / "a" / "small.txt.gz").is_file()
    assert sums[".br"] < sums[".gz"] < sums[""] / 10


def test_again_gives_the_same_bytes_and_follows_a_change(site):
    compress(site)
    first = (site / "index.html.gz").read_bytes()
    compress(site)
    assert (site / "index.html.gz").read_bytes() == first
    (site / "index.html").write_text("<p>tanh</p>" * 500)
    compress(site)
    assert gzip.decompress((site / "index.html.gz").read_bytes()) == b"<p>tanh</p>" * 500


def run(folder):
    command = [sys.executable, "-m", "hooks.compress", str(folder)]
    return subprocess.run(command, cwd=ROOT, capture_output=True, text=True)


def test_the_command_succeeds_and_tells_the_sizes(site):
    (site / "a" / "page.json").write_text("1" * 3 * 2**20)
    result = run(site)
    assert result.returncode == 0 and result.stdout == "texts: 3.0 MiB, .gz: 0.0 MiB, .br: 0.0 MiB\n"
    assert (site / "index.html.br").is_file()


def test_a_folder_without_a_site_is_told(tmp_path):
    result = run(tmp_path)
    assert result.returncode == 1 and f"got {tmp_path}" in result.stderr and "Traceback" not in result.stderr
