import numpy as np
import pytest


def test_one_mean_and_one_spread_a_channel(run_snippet):
    found = run_snippet("preprocessing/images_channels")
    pixels = found["images"].double().numpy()
    for channel in range(3):
        assert found["standardize"].mean.flatten()[channel] == pytest.approx(pixels[:, channel].mean())
        assert found["standardize"].std.flatten()[channel] == pytest.approx(pixels[:, channel].std())
        after = found["after"][:, channel].double().numpy()
        assert after.mean() == pytest.approx(0, abs=1e-5) and after.std() == pytest.approx(1, abs=1e-5)
        order = np.corrcoef(pixels[:, channel].flatten(), after.flatten())[0, 1]
        assert order == pytest.approx(1)  # moved and stretched, nothing else
    red, blue = pixels[:, 0], pixels[:, 2]
    assert (red < 10).mean() > 0.2 and (blue > 245).mean() > 2 * (red > 245).mean()
