import re

from hooks.blocks import finish_blocks

CODE = '<div class="language-python highlight"><pre><span></span><code>x = 1\n</code></pre></div>'
OUTPUT = '<div class="language-text highlight"><span class="filename">Output</span><pre><span></span><code>{}</code></pre></div>'


def test_each_block_of_code_has_a_button_that_names_it():
    html = finish_blocks(CODE + CODE)
    for number in range(2):
        assert f'<code id="block-{number}">' in html
        assert f'data-clipboard-target="#block-{number}"' in html
    assert html.count("<button") == 2
    before, _, after = re.split("(<button.*?</button>)", finish_blocks(CODE))
    assert before == '<div class="language-python highlight"><div class="md-code__nav">'
    assert after == '</div><pre><code id="block-0">x = 1\n</code></pre></div>'


def test_output_is_output_and_has_no_button():
    html = finish_blocks(OUTPUT.format("1 &lt; 2\n"))
    start, end = '<div class="language-text highlight"><span class="filename">Output</span>', "</div>"
    assert html == f"{start}<pre><samp>1 &lt; 2\n</samp></pre>{end}"


def test_the_keyboard_reaches_output_that_may_scroll():
    assert '<samp tabindex="0">' in finish_blocks(OUTPUT.format("x\n" + "x" * 37))
    assert "<samp>" in finish_blocks(OUTPUT.format("x" * 36 + "\n" + "&lt;" * 36))


def test_text_without_a_title_is_code():
    assert "<button" in finish_blocks(CODE.replace("python", "text"))
