"""Blocks of code get their copy button, and output becomes output, before any script runs.

Material makes the buttons in the browser, and measures the page anew for each block: most of what a long page
costs a phone. The script that answers the buttons finds these just as well.
"""

from __future__ import annotations

import itertools
import re

from hooks.mathematics import visible

OUTPUT = re.compile(
    r'(<div class="language-text highlight"><span class="filename">[^<]*</span>)'
    r"<pre><span></span><code>(?P<text>.*?)</code></pre>",
    re.DOTALL,
)
CODE = re.compile(
    r'(<div class="language-[\w+-]+ highlight">(?:<span class="filename">[^<]*</span>)?)<pre>(<span></span>)?<code>'
)
# names, signs and spaces have the ink of all text
PLAIN = re.compile(r'<span class="(?:n|o|p|w)">([^<]*)</span>')
FITS_A_PHONE = 36  # characters; a longer line may scroll, so the keyboard must reach it


def finish_blocks(content: str) -> str:
    """The page's content with buttons in its blocks of code, and its outputs as `<samp>`."""
    count = itertools.count()

    def button(match: re.Match[str]) -> str:
        name = f"block-{next(count)}"
        target = f'data-clipboard-target="#{name}" data-md-type="copy"'
        copy = f'<button class="md-code__button" type="button" title="Copy to clipboard" {target}></button>'
        return f'{match[1]}<div class="md-code__nav">{copy}</div><pre><code id="{name}">'

    return CODE.sub(button, OUTPUT.sub(output, PLAIN.sub(r"\1", content)))


def output(match: re.Match[str]) -> str:
    """What a program printed, as such."""
    lines = visible(match["text"]).split("\n")
    reach = ' tabindex="0"' if max(map(len, lines)) > FITS_A_PHONE else ""
    return f"{match[1]}<pre><samp{reach}>{match['text']}</samp></pre>"
