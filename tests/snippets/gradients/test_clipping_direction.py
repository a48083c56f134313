import pytest
import torch


def test_the_norm_keeps_the_direction_and_the_value_turns_it(run_snippet):
    found = run_snippet("gradients/clipping_direction")
    by_norm, by_value = (torch.stack(kept) for kept in found["kept"].values())
    assert by_norm.min() > 0.9999
    assert (by_value.diff() > -1e-4).all() and by_value[-1] > 0.9999
    raw = found["raw"].double()
    signs = raw.abs().sum() / (raw.norm() * (raw != 0).double().sum().sqrt())  # cosine to sign(raw)
    assert by_value[0] == pytest.approx(signs.item(), abs=0.02)
    assert signs == pytest.approx(0.5, abs=0.05)
