"""Counts what a built site holds, and puts the numbers into the page *What is tested*.

That page names a number as `%figures%`; `count` lists the names. All is read from the pages as they were built.
"""

from __future__ import annotations

import difflib
import re
from collections.abc import Mapping
from pathlib import Path

from hooks.engine import visible
from hooks.links import LINK, is_ours

NAME = re.compile(r"%([a-z_]+)%")
KINDS = {
    "figures": r'<figure class="plot"',
    "explorers": r'<figure [^>]*\bdata-explorer="',
    "blocks": r'<div class="language-python highlight"',
    "outputs": r"<samp\b",
    "formulas": r"<math\b",
}
ELSEWHERE = re.compile(r'<a\b[^>]*?\shref="(https?://[^"#]*)')
SCRIPT = re.compile(r"(<script\b[^>]*>).*?</script>", re.DOTALL)
VERDICT = re.compile(r'<td id="claim-\d+">.*?</td>\s*<td>.*?</td>\s*<td>(.*?)</td>', re.DOTALL)
VERDICTS = ("holds", "holds with care", "wrong in part", "announced")


def count(site: Path, root: Path, pages: Mapping[str, str]) -> dict[str, int]:
    """What the pages of a built site hold, and the tests and snippets of its project, by name."""
    found = {
        name: sum(len(re.findall(kind, page)) for page in pages.values()) for name, kind in KINDS.items()
    }
    labs = [page for name, page in pages.items() if name.startswith("labs/")]
    found["cells"] = sum(len(re.findall(KINDS["blocks"], page)) for page in labs)
    found["blocks"] -= found["cells"]  # a cell needs those above it
    found |= {"pages": len(pages), "labs": len(labs), "notebooks": len(list(site.rglob("*.ipynb")))}
    links = [link for page in pages.values() for link in LINK.findall(page)]
    found["links"] = sum(is_ours(link) for link in links)
    found["elsewhere"] = len({link for page in pages.values() for link in ELSEWHERE.findall(page)})
    verdicts = VERDICT.findall(pages.get("claims/index.html", ""))
    found["claims"] = len(verdicts)
    found |= {verdict.replace(" ", "_"): verdicts.count(verdict) for verdict in VERDICTS}
    tests = [path.read_text("utf-8") for path in visible(root / "tests", "test_*.py")]
    found |= {"test_files": len(tests), "snippets": len(visible(root / "snippets", "*.py"))}
    found["tests"] = sum(len(re.findall(r"^ *def test_", text, re.MULTILINE)) for text in tests)
    return found


def read(site: Path) -> dict[str, str]:
    """The pages of a built site by address, without their scripts' code."""
    return {
        path.relative_to(site).as_posix(): SCRIPT.sub(r"\1", path.read_text(encoding="utf-8"))
        for path in sorted(site.rglob("index.html"))
    }


def fill(text: str, numbers: Mapping[str, object]) -> str:
    """The text with a number, its thousands set apart, in place of each name.

    Raises:
        ValueError: if a name is not there.
    """

    def number(match: re.Match[str]) -> str:
        if match[1] not in numbers:
            nearest = difflib.get_close_matches(match[1], numbers, n=1, cutoff=0)
            raise ValueError(
                f"%name% must be a number of the build, got {match[0]}; the nearest is %{nearest[0]}%"
            )
        value = numbers[match[1]]
        return f"{value:,}" if isinstance(value, int) else str(value)

    return NAME.sub(number, text)
