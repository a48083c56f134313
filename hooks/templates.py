"""Compiles the templates of the theme and of the reference once, and not in each build."""

from __future__ import annotations

import jinja2
from jinja2.bccache import Bucket

from hooks.kept import Kept, maker

# of packages whose environments and filters stand in the code
MAKER = maker(__file__, "jinja2", "mkdocs", "mkdocstrings")


class Compiled(jinja2.BytecodeCache):
    """The templates' code, among what is kept."""

    def __init__(self, kept: Kept) -> None:
        self.kept = kept

    def load_bytecode(self, bucket: Bucket) -> None:
        """Take what was compiled from the same text."""
        if code := self.kept.find(self.made_of(bucket)):
            bucket.bytecode_from_string(code)

    def dump_bytecode(self, bucket: Bucket) -> None:
        """Keep it."""
        self.kept.keep(self.made_of(bucket), bucket.bytecode_to_string())

    def made_of(self, bucket: Bucket) -> tuple[str, ...]:
        """The template's place, and what compiles it; of which text it was made stands in the code."""
        return bucket.key, MAKER
