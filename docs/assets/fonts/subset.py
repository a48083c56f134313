"""Makes latinmodern-math.woff2: `python subset.py latinmodern-math.otf`.

The source is in Debian's fonts-lmodern and in CTAN's lm-math. Bold letters are left out: they would add a third.
A formula with a character that is missing here fails tests/test_mathematics.py: add the character, run this again.
"""

import sys
from pathlib import Path

from fontTools import subset
from fontTools.pens.boundsPen import BoundsPen
from fontTools.pens.t2CharStringPen import T2CharStringPen
from fontTools.pens.transformPen import TransformPen
from fontTools.ttLib import TTFont

CHARACTERS = """
!%'()*+,-./0123456789:;<=>ABCDEFGHIJKLMNOPQRSTUVWXYZ[]_abcdefghijklmnopqrstuvwxyz{|}
¯±·×ˆ˙˜
ΓΔΘΛΣΦΨΩμ
–‖’…′″
ℎℒℓℕℙℝℤ
←↑→↓↔↦⇒⇔
∀∂∃∅∇∈∉∏∑−∓∗∘√∝∞∣∥∧∨∩∪∫∼≈≔≠≡≤≥≪≫≲≳⊂⊆⊕⊖⊗⊙⊤⊥⋅⋮⋯⋰⋱
⌈⌉⌊⌋⏞⏟⟨⟩⟹⟺
𝐴𝐵𝐶𝐷𝐸𝐹𝐺𝐻𝐼𝐽𝐾𝐿𝑀𝑁𝑂𝑃𝑄𝑅𝑆𝑇𝑈𝑉𝑊𝑋𝑌𝑍𝑎𝑏𝑐𝑑𝑒𝑓𝑔𝑖𝑗𝑘𝑙𝑚𝑛𝑜𝑝𝑞𝑟𝑠𝑡𝑢𝑣𝑤𝑥𝑦𝑧
𝒩𝒰𝔼𝖳
𝛤𝛥𝛴𝛷𝛹𝛺𝛼𝛽𝛾𝛿𝜀𝜁𝜂𝜃𝜅𝜆𝜇𝜈𝜉𝜋
𝜌𝜎𝜏𝜐𝜑𝜒𝜓𝜔𝜕𝜖𝜗𝜙𝜚
𝟙
\u0302\u0303\u0332\u0338\u2061\u2062\u2063\u2064\u20d7
"""
SIZES = 5  # of a bracket or a wide accent; beyond them it is assembled from pieces
BEARING = 70  # units, the white on either side of a tall bracket


def narrow(glyphs: list[str]) -> None:
    """Cut the white beside tall brackets: Chromium gives every bracket the width of its widest form."""
    strings, bounds = (
        font["CFF "].cff.topDictIndex[0].CharStrings,
        BoundsPen(font.getGlyphSet()),
    )
    for glyph in glyphs:
        font.getGlyphSet()[glyph].draw(bounds)
    width = round(bounds.bounds[2] - bounds.bounds[0]) + 2 * BEARING
    for glyph in glyphs:
        old = strings[glyph]
        pen = T2CharStringPen(width - old.private.nominalWidthX, None)
        old.draw(TransformPen(pen, (1, 0, 0, 1, BEARING - round(bounds.bounds[0]), 0)))
        strings[glyph] = pen.getCharString(private=old.private, globalSubrs=old.globalSubrs)
        font["hmtx"][glyph] = (width, BEARING)


font = TTFont(sys.argv[1])
variants = font["MATH"].table.MathVariants
for construction in variants.VertGlyphConstruction + variants.HorizGlyphConstruction:
    del construction.MathGlyphVariantRecord[SIZES:]
tall = dict(zip(variants.VertGlyphCoverage.glyphs, variants.VertGlyphConstruction, strict=True))
for bracket in (font.getBestCmap()[ord(character)] for character in "()[]{}⌈⌉⌊⌋"):
    for record in tall[bracket].MathGlyphVariantRecord[1:]:
        narrow([record.VariantGlyph])
    narrow(list({part.glyph for part in tall[bracket].GlyphAssembly.PartRecords}))

# MathML writes a prime as a superscript, which wants the large low glyph that the font keeps for scripts.
for table in font["cmap"].tables:
    table.cmap |= {0x2032: "minute.st", 0x2033: "uni2033.st"}

options = subset.Options(flavor="woff2", hinting=False, desubroutinize=True, layout_features=[])
options.obfuscate_names = True  # a changed font must not pass for the original
options.drop_tables += ["FFTM", "GPOS", "GDEF"]
options.name_IDs = [0]
subsetter = subset.Subsetter(options)
subsetter.populate(text="".join(CHARACTERS.split()), unicodes=[0x20, 0xA0, 0x2009])
subsetter.subset(font)
target = Path(__file__).with_name("latinmodern-math.woff2")
subset.save_font(font, target, options)
print(f"{target}: {target.stat().st_size} bytes")
