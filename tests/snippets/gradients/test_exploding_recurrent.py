import pytest
import torch


def test_the_radius_decides(run_snippet, capsys):
    sizes = run_snippet("gradients/exploding_recurrent")["sizes"]
    printed = capsys.readouterr().out
    for radius in (0.9, 1.0, 1.2):
        ends = [f"{sizes[radius, name][-1]:.1e} ({name})" for name in ("linear", "tanh")]
        assert f"radius {radius}: after 60 steps {', '.join(ends)}\n" in printed
    assert sizes[0.9, "linear"][-1] == pytest.approx(1e-3, rel=0.2)
    assert sizes[1.0, "linear"][-1] < 1
    assert sizes[1.0, "linear"].min().item() == pytest.approx(0.47, abs=0.02)
    assert sizes[1.2, "linear"][-1] == pytest.approx(27_000, rel=0.05)
    assert sizes[1.2, "tanh"][-1] == pytest.approx(42, rel=0.05)


def test_the_linear_gradient_is_a_power_of_the_matrix(run_snippet):
    found = run_snippet("gradients/exploding_recurrent")
    power = torch.linalg.matrix_power(1.2 * found["start"].double(), 60)
    expected = (found["delta"].double() @ power.T).norm() / found["delta"].double().norm()
    # the last draw of `delta` belongs to tanh at radius 1.2; any draw gives nearly the same ratio
    assert found["sizes"][1.2, "linear"][-1] == pytest.approx(expected.item(), rel=0.2)
