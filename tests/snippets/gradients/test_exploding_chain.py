import pytest


def test_two_steps_to_infinity_and_the_clipped_one_arrives(run_snippet, capsys):
    found = run_snippet("gradients/exploding_chain")
    raw, clipped = capsys.readouterr().out.strip().split("\n\n")
    first = 2 * (1.3**20 - 1) * 20 * 1.3**19  # the chain rule, on paper
    assert f"gradient {first:.2g}" in raw.splitlines()[0] and first > 1e6
    assert "loss      inf" in raw.splitlines()[1] and "w       inf" in raw.splitlines()[2]
    assert "nan" in raw.splitlines()[-1] and "nan" not in clipped
    assert found["losses"][1][-1] < 0.1 < 1e4 < found["losses"][1][0]
    assert found["w"].item() == pytest.approx(1, abs=0.02)
