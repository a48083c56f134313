"""What MkDocs runs at build time.

`site.py` is the list of MkDocs events, each a few lines that call the modules beside it:

- `engine/` runs snippets and labs, isolated, in parallel and cached; it knows nothing of MkDocs
- `pages.py` reads which snippets a page uses and puts their code and output in
- `inline.py` puts figures into the page, `mathematics.py` formulas, `repair.py` mends the theme's markup
- `labs.py` makes a page of an executed notebook, `twin.py` makes a notebook and plain Markdown of a page
- `publish.py` replaces the old site by the new one, whole or not at all
"""
