def test_the_deeper_the_narrower(run_snippet):
    found = run_snippet("initialization/edge_of_chaos_depth")
    four, ten, many = found["scores"].tolist()
    assert min(four) > 0.45
    assert [max(range(5), key=row.__getitem__) for row in (four, ten, many)] == [2, 2, 2]
    assert many[2] > 0.8 and max(many[0], many[1], many[4]) < 0.2
    assert all(a >= b - 0.05 for a, b in zip(four, ten, strict=True) if (a, b) != (four[2], ten[2]))
