"""What a reader would type into the search finds the right page among the first three."""

import json
import re

import pytest

from tests.conftest import ROOT

QUERIES = {  # what is typed, and the pages of which one must be found
    "sigmoid": ["activations/sigmoid"],
    "tanh": ["activations/tanh"],
    "relu": ["activations/relu"],
    "dying relu": ["activations/dying_relu"],
    "leaky relu": ["activations/leaky_relu"],
    "prelu": ["activations/leaky_relu"],
    "elu": ["activations/elu"],
    "selu": ["activations/selu"],
    "swish": ["activations/swish"],
    "silu": ["activations/swish"],
    "mish": ["activations/mish"],
    "acon": ["activations/acon"],
    "meta-acon": ["activations/acon"],
    "gelu": ["activations/gelu"],
    "glu": ["activations/gated"],
    "swiglu": ["activations/gated"],
    "squared relu": ["activations/gated"],
    "softplus": ["activations/mish", "reference/activations", "activations"],
    "x*sigmoid(x)": ["activations/swish", "reference/activations"],
    "max(0, x)": ["activations/relu", "reference/activations"],
    "hyperbolic tangent": ["activations/tanh"],
    "which activation": ["activations/choice"],
    "vanishing gradient": ["gradients/vanishing"],
    "exploding": ["gradients/exploding"],
    "gradient clipping": ["gradients/clipping"],
    "backpropagation": ["gradients/backpropagation"],
    "loss is nan": ["tips/symptoms", "gradients/exploding"],
    "loss does not go down": ["tips/symptoms"],
    "loss jumps": ["tips/symptoms", "tips/curves"],
    "gradient is zero": ["tips/symptoms", "gradients/vanishing", "activations/dying_relu"],
    "dead neurons": ["tips/symptoms", "activations/dying_relu"],
    "dead units": ["activations/dying_relu", "tips/symptoms"],
    "weights do not change": ["tips/symptoms"],
    "accuracy stuck at chance": ["tips/symptoms"],
    "validation loss rises": ["tips/symptoms", "overfitting"],
    "overfitting": ["overfitting"],
    "network does not learn": ["tips/doctor", "tips/symptoms"],
    "saturation": ["tips/symptoms"],
    "saturated unit": ["activations/sigmoid"],
    "learning rate": ["tips/recipe"],
    "loss curve": ["tips/curves"],
    "checklist": ["tips/checklist"],
    "which initialization": ["initialization/choice"],
    "xavier": ["initialization/variance", "initialization/choice"],
    "he initialization": ["initialization/variance", "initialization/choice"],
    "orthogonal": ["initialization/orthogonal"],
    "edge of chaos": ["initialization/edge_of_chaos"],
    "normalize inputs": ["preprocessing/tables"],
    "standardize": ["preprocessing/tables", "reference/preprocessing"],
    "batch norm": ["initialization/normalization", "gradients/remedies"],
    "dropout": ["regularization/dropout"],
    "early stopping": ["regularization/early_stopping"],
    "weight decay": ["regularization/l2"],
    "l1": ["regularization/l1"],
    "label smoothing": ["regularization/noise"],
    "double descent": ["overfitting/double_descent"],
    "regularization": ["regularization/comparison"],
    "which regularization": ["regularization/comparison"],
    "preprocessing": ["preprocessing/tables"],
    "skip connection": ["gradients/remedies"],
    "residual connection": ["gradients/remedies"],
    "elastic net": ["regularization/l1"],
    "glorot": ["initialization/variance", "initialization/choice"],
    "data leakage": ["preprocessing/tables"],
    "min-max scaling": ["preprocessing/tables"],
    "batch size": ["tips/optimizer"],
    "optimizer": ["tips/optimizer"],
    "adam or sgd": ["tips/optimizer"],
    "restore best weights": ["regularization/early_stopping"],
    "out of memory": ["tips/symptoms", "activations/cost", "tips/optimizer"],
    "nonlinearity": ["activations"],
    "mixup": ["regularization/noise"],
    "model always predicts same class": ["tips/symptoms"],
    "multi-label": ["activations/choice"],
    "cluster": ["tips/sweep", "reference/experiments"],
    "rnn": ["glossary"],
    "гиперболический тангенс": ["glossary"],
    "насыщенные нейроны": ["glossary"],
    "зануление relu": ["activations/dying_relu", "glossary"],
    "зигзагами": ["glossary"],
    "размер батча": ["glossary"],
    "зигзаг": ["glossary"],
    "свёртка": ["glossary"],
    "свертка": ["glossary"],  # as many write it
    "взаимосвязь регуляризаторов": ["glossary"],
    "ульянкин": ["claims"],
}


SEARCH = """async ({docs, queries}) => {
    const worker = new Worker(JSON.parse(document.getElementById("__config").textContent).search)
    const ask = (type, data) => new Promise((resolve) => {
        worker.onmessage = (event) => resolve(event.data.data)
        worker.postMessage({type, data})
    })
    const config = {lang: ["en"], separator: "\\\\s+", pipeline: [], fields: {title: {}, text: {}, tags: {}}}
    await ask(0, {config, docs, options: {}})
    const found = []
    for (const query of queries) found.push((await ask(2, query)).items.flat().map((item) => item.location))
    return found
}"""


@pytest.fixture(scope="module")
def find(browser, address):
    """Types a query, and returns the pages found, best first."""
    page = browser.new_page()
    page.goto(address)
    field = page.locator("input.md-search__input")

    def find(query):
        field.click()
        for text, state in (("", "detached"), (query, "visible")):
            field.fill(text)
            field.press("Shift")  # the search answers to the end of a key press
            page.locator(".md-search-result__item").first.wait_for(state=state)
        links = "links => links.map((link) => link.href)"
        found = page.locator(".md-search-result__item > .md-search-result__link:first-child").evaluate_all(
            links
        )
        return [link.removeprefix(address).partition("?")[0].strip("/") for link in found]

    yield find
    page.close()


@pytest.mark.parametrize("query", QUERIES)
def test_a_query_finds_its_page_among_the_first_three(find, query):
    found = find(query)[:3]
    assert set(found) & set(QUERIES[query]), found


def test_every_brick_can_be_found_by_its_name(find):
    from lego.activations import ACTIVATIONS

    for name in ACTIVATIONS:
        found = find(name)
        assert any(page.startswith(("activations", "reference/activations")) for page in found[:3]), (
            name,
            found[:3],
        )


def test_words_that_differ_in_digits_alone_are_all_found(page, address):
    # states are numbered as words come: `a` has 6 to state 3 with 8 to state 3, `c` has 6 to state 383
    text = f"a6 a8 {'b' * 377} c67"
    page.goto(address)
    queries = "a6", "a8", "c67", "c", "6"
    found = page.evaluate(
        SEARCH, {"docs": [{"location": "here/", "title": "", "text": text}], "queries": queries}
    )
    assert found == [["here/"]] * 4 + [[]]


def test_what_explains_a_word_comes_before_the_chapters_about_the_handbook_and_the_reference(site):
    entries = json.loads((site / "search" / "search_index.json").read_text())["docs"]
    aside = {entry["location"].partition("#")[0] for entry in entries if entry.get("boost") == 0.5}
    last = (ROOT / "mkdocs.yml").read_text().partition("\n  - Reference:\n")[2]  # and About, after it
    pages = re.findall(r"([\w/]+)\.md$", last, re.MULTILINE)
    assert aside == {f"{page.removesuffix('/index')}/" for page in pages} > {"claims/", "reference/"}
