import pytest
import torch


def test_the_better_centered_and_scaled_the_faster(run_snippet):
    losses = {name: loss[-1] for name, loss in run_snippet("preprocessing/images")["losses"].items()}
    raw, unit, symmetric, standardized = losses.values()
    assert raw > 5 * unit and unit > symmetric > standardized
    assert (raw, unit, symmetric, standardized) == pytest.approx((0.96, 0.15, 0.07, 0.04), abs=0.01)


def test_the_ranges_are_what_they_are_called(run_snippet):
    ranges = run_snippet("preprocessing/images")["ranges"]
    bounds = {"0 to 255": (0, 255), "0 to 1": (0, 1), "-1 to 1": (-1, 1)}
    for name, ends in bounds.items():
        assert (ranges[name].min().item(), ranges[name].max().item()) == pytest.approx(ends)
    assert ranges["standardized"].mean().abs() < 1e-5
    assert torch.isclose(ranges["standardized"].std(), torch.tensor(1.0), atol=1e-3)


def test_no_best_rate_is_at_an_end_of_the_grid(run_snippet):
    best = run_snippet("preprocessing/images")["best"]
    assert all(0.001 < rate < 2 for rate in best.values())


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
