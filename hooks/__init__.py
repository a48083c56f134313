"""What MkDocs runs at build time.

`handbook.py` is the list of MkDocs events, each a few lines that call the modules beside it:

- `build.py` holds what one build knows, `complete.py` writes what belongs to a site once all its pages are there
- `engine/` runs snippets and labs, isolated, in parallel and cached; it knows nothing of MkDocs
- `execute.py` runs what the pages show, `pages.py` reads which snippets a page uses and puts their code and output in
- `mistakes.py` finds what is wrong with a page and would be shown otherwise in silence
- `inline.py` puts figures into the page, `mathematics.py` formulas, `blocks.py` copy buttons
- `navigation.py` and `templates.py` make the theme's templates fast, `repair.py` mends their markup and files
- `labs.py` makes a page of an executed notebook, `twin.py` makes a notebook, a script and plain Markdown of a page
- `claims.py` makes the table of the lecture's claims, `references.py` the list of sources, with the pages that cite
  each, both of what `tables.py` reads
- `reference.py` joins the API reference, which mkdocstrings makes, to the pages
- `tested.py` counts what the site holds, for the page *What is tested*
- `terms.py` explains the glossary's terms where pages use them
- `kept.py` keeps what is costly to make and no snippet draws, `recall.py` what became of pages that did not change
- `explorers/` makes the scripts of the figures that a reader moves; `theme/` is what stands beside Material's own
- `cards.py` draws the picture that stands beside a link to a page, `feed.py` makes a feed of what is new
- `links.py` knows where the links of a source lead from each of these, and finds those of the site that lead nowhere
- `compress.py` makes compressed copies for hosts that send such files; the build does without
- `security.py` says what a page may do, and sees that neither it nor another file of docs/ asks for more
- `preview.py` shows at once, in `mkdocs serve`, the pages that a save changed
- `publish.py` replaces the old site by the new one, whole or not at all; `unchanged.py` knows when it would be the same
"""
