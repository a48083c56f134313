import pytest
import torch


def test_the_better_centered_and_scaled_the_faster(run_snippet):
    losses = {name: loss[-1] for name, loss in run_snippet("preprocessing/images")["losses"].items()}
    raw, unit, centered, symmetric, standardized = losses.values()
    assert raw > 5 * unit and unit > 3 * centered and symmetric > 1.5 * centered > 1.5 * standardized
    assert (raw, unit, symmetric) == pytest.approx((0.96, 0.15, 0.07), abs=0.01)
    assert (centered, standardized) == pytest.approx((0.043, 0.039), abs=0.005)


def test_most_of_the_pixels_are_dark(run_snippet):
    ranges = run_snippet("preprocessing/images")["ranges"]
    assert ranges["-1 to 1"].mean() < -0.3 and ranges["0 to 1, centered"].mean().abs() < 1e-6


def test_the_ranges_are_what_they_are_called(run_snippet):
    ranges = run_snippet("preprocessing/images")["ranges"]
    bounds = {"0 to 255": (0, 255), "0 to 1": (0, 1), "-1 to 1": (-1, 1)}
    for name, ends in bounds.items():
        assert (ranges[name].min().item(), ranges[name].max().item()) == pytest.approx(ends)
    assert ranges["standardized"].mean().abs() < 1e-5
    assert torch.isclose(ranges["standardized"].std(), torch.tensor(1.0), atol=1e-3)


def test_no_best_rate_is_at_an_end_of_the_grid(run_snippet):
    best = run_snippet("preprocessing/images")["best"]
    assert all(0.001 < rate < 4 for rate in best.values())
    assert best["0 to 1, centered"] == 3 * best["0 to 1"]


def test_raw_pixels_start_with_outputs_far_too_wide_and_diagnose_says_so(run_snippet):
    from lego.diagnostics import diagnose
    from lego.stack import mlp

    found, findings = run_snippet("preprocessing/images"), {}
    for name, images in found["ranges"].items():
        model = mlp([64, 64, 10], generator=torch.Generator().manual_seed(0))
        report = diagnose(model, (images.flatten(1), found["y"]))
        findings[name] = [finding.name for finding in report.findings]
        if name == "0 to 255":
            assert report.layers[-1].std == pytest.approx(160, rel=0.02)
    assert findings.pop("0 to 255") == ["loss above chance"] and not any(findings.values())
