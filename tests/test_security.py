import base64
import hashlib
import re
from fnmatch import fnmatch
from types import SimpleNamespace

import pytest

from hooks.security import check_text, find_foreign, free, headers, of_theme, secure

PAGE = '<html><head><meta charset="utf-8"><title>T</title></head><body>{}</body></html>'
ANY = re.compile(".*")  # every script is known


def test_the_policy_lets_the_inline_scripts_of_a_page_run_and_no_other():
    page = secure(
        PAGE.format(
            '<script>one()</script><script src="a.js"></script><script type="application/json">{"a": 1}</script>'
        ),
        ANY,
    )
    (content,) = re.findall(
        r'<meta charset="utf-8"><meta http-equiv="Content-Security-Policy" content="([^"]*)">', page
    )
    (scripts,) = re.findall(r"script-src ([^;]*)", content)
    digest = base64.b64encode(hashlib.sha256(b"one()").digest()).decode()
    assert scripts == f"'self' 'sha256-{digest}'"
    assert "; media-src 'self'; " in content, "docs/ may hold videos"
    assert content.startswith("default-src 'none'; ") and "unsafe" not in content
    rules = dict(rule.split(" ", 1) for rule in content.split("; "))
    assert rules.pop("script-src") == scripts and rules.pop("img-src") == "'self' data:"
    nothing = {"default-src", "base-uri", "form-action"}
    assert {name for name, sources in rules.items() if sources == "'none'"} == nothing
    assert {sources for name, sources in rules.items() if name not in nothing} == {"'self'"}


def test_a_script_of_several_lines_is_let_run_as_it_stands():
    code = "\none()\n// style=\n"
    page = secure(PAGE.format(f"<script>{code}</script><p>\n</p>"), ANY)
    assert base64.b64encode(hashlib.sha256(code.encode()).digest()).decode() in page


def test_the_policy_comes_once_and_an_example_of_a_page_stays_text():
    page = secure(
        PAGE.format('<script type="application/json">"<meta charset=\\"utf-8\\">"</script>') + PAGE, ANY
    )
    assert page.count("http-equiv") == 1


def test_a_page_is_freed_of_its_own_policy_and_of_no_other():
    example = '<meta charset="utf-8"><meta http-equiv="Content-Security-Policy" content="a">'
    page = PAGE.format(f'<script>one()</script><script type="application/json">{example}</script>')
    assert free(secure(page, ANY)) == page
    assert free(PAGE) == PAGE


def test_only_scripts_of_the_templates_may_stand_in_a_page(tmp_path):
    (tmp_path / "partials" / "deep").mkdir(parents=True)
    (tmp_path / "main.html").write_text(
        '<script>\n  {#- why -#}\n  one("{{ base_url }}", 1)\n</script><script src="{{ a }}"></script>'
    )
    (tmp_path / "partials" / "deep" / "a.html").write_text("<script>two.three(/[{]+/)</script>")
    known = of_theme([tmp_path])
    for code in ('one("", 1)', '\n one("../..",1)', 'one("/löwe/~a/b%20c/", 1)', "two.three(/[{]+/)"):
        assert "sha256" in secure(PAGE.format(f"<script>{code}</script>"), known)
    for code in (
        "three()",
        'one("", 1); three()',
        'one("" + three() + "", 1)',
        'one("\\", 1)//", 1)',
        'one("`", 1)',
        "twoXthree(/[{]+/)",
        'two.three(/[{]+/)one("", 1)',
    ):
        with pytest.raises(ValueError, match="a script that no template of the theme holds"):
            secure(PAGE.format(f"<script>{code}</script>"), known)


@pytest.mark.parametrize(
    "element",
    [
        '<p style="color: red">',
        "<p class='a' style='x'>",
        '<img src="a" onerror="b()">',
        "<a\nonclick='b'>",
        "<style>p{}</style>",
        '<iframe src="a">',
        "<p style=color:red>",
        '<p STYLE = "x">',
        '<a onclick = "b">',
        '<img alt="a b" src="https://example.org/a.png">',
        "<video poster=//example.org/a.png></video>",
        '<script src="http://example.org/a.js"></script>',
        '<base href="/">',
        '<meta name="author" content="0;url=//a.example" http-equiv="refresh">',
        "<meta HTTP-EQUIV=refresh>",
        '<object data="a">',
        '<embed src="a">',
        "<p/style=x>",
        '<p title="a"style="x">',
        "<source srcset='//example.org/a.png'>",
        '<img src = " https://example.org/a.png">',
        "<video\nposter='http://example.org/a.png'></video>",
        '<p title="a > b" style="x">',
        "<img/onerror=a() src=b>",
        '<img alt="a"onerror="b()">',
        '<script src="a.js"></script><p style="x">',
        '<img srcset="a.png 1x, //example.org/b.png 2x">',
        "<img srcset='a.png 1x,\nHTTPS://example.org/b.png 2x'>",
        '<a href="javascript:alert(1)">',
        "<a href=JavaScript:alert(1)>",
        '<a href="&#106;ava&#x73;cript:alert(1)">',
        '<a href="java&Tab;script&colon;alert(1)">',
        '<a href="&#1; java\n\tscript:alert(1)">',
        '<svg><a xlink:href="javascript:alert(1)">',
        '<button formaction="javascript:alert(1)">',
        '<img src="&#47;&#47;x.org/a.png">',
        '<img src="https:&#47;/x.org/a">',
        '<video poster="&#x2f;/x">',
        '<script src="&#47;/x"></script>',
        r'<img src="\\x.org/a.png">',
        '<img src="ht\ntps://x.org/a">',
        r'<img src="/\x.org/a">',
        '<img src=" /\t/x.org/a">',
        '<img src="&sol;&bsol;x.org/a">',
        "<img src=h&#116;tps://x.org/a>",
        "<img src=http:x.org/a>",
        r'<img srcset="a.png 1x, \\x.org/b.png 2x">',
        '<table background="//x.org/a.png">',
        '<svg><image href="https://x.org/a.png"></svg>',
        '<svg><IMAGE width="9" xlink:href = //x.org/a.png></svg>',
        '<svg><feImage href="&#47;/x.org/a.png"></svg>',
        '<svg><use href="//x.org/a.svg#a"></svg>',
    ],
)
def test_what_the_policy_forbids_is_told_at_build_time(element):
    with pytest.raises(ValueError, match="the policy forbids"):
        secure(PAGE.format(element), ANY)


def test_the_first_of_what_is_forbidden_is_shown_in_brief():
    long = "x" * 300
    with pytest.raises(ValueError) as error:
        secure(PAGE.format(f'<p style="{long}"><a onclick="b">'), ANY)
    told = str(error.value)
    assert '<p style="xxx' in told and long not in told and "onclick" not in told


def test_words_in_an_attribute_are_no_attribute():
    page = PAGE.format(
        '<img alt="loss on = 3, style = none, src=//a" src="a.png"><a href="https://example.org">a</a>'
    )
    assert "Content-Security-Policy" in secure(page, ANY)


@pytest.mark.parametrize(
    "text",
    [
        "<code>style=&quot;a&quot;</code>",
        "<p>one = 1</p>",
        '<p data-style="a" aria-on="b">',
        "<script>style='a'</script>",
        "<script>\nelement.innerHTML = '<style>'\n</script>",
        "<p>style=&gt;</p><p title='style=\"a\"'>",
        '<p title="<b style=x>">',
        '<p title="href=javascript:a()">href="javascript:a()"</p>',
        '<a href="../javascript/">a</a><a href="?q=javascript:a">b</a><a href="&#106;s/">c</a>',
        '<img srcset="a.png 1x, b//c.png 2x">',
        '<img src="/assets/a.png"><img src="./&#97;.png"><img src="https/a.png"><video poster="s//a.png">',
        '<svg><image href="data:image/png;base64,//aa"></svg><svg><use href="#a"></use></svg><p background="a">',
        '<svg><image width="9"></svg><a href="https://example.org">a</a>',
        '<img src="data:image/png;base64,//aa"><img src="&#46;&#46;/a.png"><img src="a.png?of=//b">',
    ],
)
def test_text_about_styles_is_no_style(text):
    secure(PAGE.format(text), ANY)


@pytest.mark.parametrize("element", ["<script>", "<META x>", "<link\nrel='a'>", "<p><scRipt/>"])
def test_what_only_a_template_may_hold_is_no_part_of_a_text(element):
    with pytest.raises(ValueError, match=r"its own text holds a (script|meta|link), and"):
        check_text(f"<p>{element}")
    check_text("<p>&lt;script&gt; <a class='link'> <metadata> <linked> script meta link")


SVG = '<svg xmlns="http://www.w3.org/2000/svg"/>'


@pytest.mark.parametrize(
    ("name", "content", "problem"),
    [
        ("a/b.md", "", None),
        ("labs/a.py", "", None),
        ("a.b.JPG", "", "act on it"),
        ("a.b.jpg", "", None),
        ("a.jpeg", "", None),
        ("CNAME", "", None),
        ("a/CNAME.md", "", None),
        ("_headers", "", "act on it"),
        ("a/_b.md", "", "act on it"),
        (".md", "", "act on it"),
        ("a.html", "", "act on it"),
        ("a.svg", SVG, None),
        ("a.svg", SVG.replace("/>", ' onload="a()"/>'), "onload"),
        ("a.svg", None, "a drawing is text in UTF-8, and this is none"),
        ("svg.md", "<", None),
    ],
)
def test_what_a_file_could_do_that_no_policy_stops(name, content, problem):
    class File(SimpleNamespace):
        @property
        def content_string(self):
            return b"\xff".decode() if content is None else content

    found = find_foreign(File(src_uri=name))
    assert found is None if problem is None else re.search(problem, found)


def test_a_page_without_its_beginning_is_refused():
    with pytest.raises(ValueError, match="must begin with"):
        secure("<html></html>", ANY)


def test_the_headers_hold_the_scripts_of_all_pages():
    pages = [PAGE.format(f"<script>{name}</script>") for name in "abab"]
    text = headers(pages)
    assert text.count("sha256-") == 2 and "frame-ancestors 'none'" in text
    assert max(map(len, text.splitlines())) < 2000, "hosts limit a line"
    # a host joins what several rules say of one header
    for path in ("/index.html", "/assets/stylesheets/a.css"):
        names, holds = [], False
        for line in text.splitlines():
            if line.startswith("/"):
                holds = fnmatch(path, line)
            elif holds:
                names.append(line.partition(":")[0].strip())
        assert len(names) == len(set(names)) >= 3
