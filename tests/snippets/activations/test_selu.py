import torch


def test_every_start_ends_at_mean_0_and_variance_1(run_snippet):
    found = run_snippet("activations/selu")
    assert len(found["ends"]) == 5
    for (mean, variance), start in zip(found["ends"], found["starts"], strict=True):
        assert abs(mean) < 0.05 and abs(variance - 1) < 0.1
        assert abs(mean - start[0]) + abs(variance - start[1]) > 0.5


def test_a_large_mean_drowns_the_examples_although_the_variance_is_right():
    generator = torch.Generator().manual_seed(0)
    apart = {}
    for mean in (0, 20):
        h = mean + torch.randn(256, 512, generator=generator)
        for _ in range(20):
            h = torch.selu(h @ torch.randn(512, 512, generator=generator) / 512**0.5)
        assert 0.9 < h.var() < 1.3
        apart[mean] = h.var(dim=0).mean().item()  # between examples, at one unit
    assert apart[0] > 0.8 and apart[20] < 0.03
