def mean(scores, name, value):
    return scores[name, value].mean(0).tolist()


def test_capacity_examples_and_noise_decide_the_gap(run_snippet):
    scores = run_snippet("overfitting/index_sweeps")["scores"]
    train, held_out = mean(scores, "units", 2)
    assert train < 0.5 and held_out < 0.4  # underfitting
    assert mean(scores, "units", 256)[0] > 0.99 and mean(scores, "units", 32)[0] > 0.95
    assert abs(mean(scores, "units", 256)[1] - mean(scores, "units", 32)[1]) < 0.04
    assert mean(scores, "examples", 50)[1] < 0.65 < 0.85 < mean(scores, "examples", 800)[1]
    train, held_out = mean(scores, "examples", 800)
    assert held_out > train and abs(train - 0.82) < 0.03  # 0.8 and a tenth of the random labels are right
    noise = [mean(scores, "share of wrong labels", share) for share in (0.0, 0.2, 0.4, 0.6)]
    assert all(train > 0.97 for train, _ in noise)
    assert noise[0][1] > 0.85 and noise[3][1] < 0.6
    assert [held for _, held in noise] == sorted((held for _, held in noise), reverse=True)


def test_train_and_test_do_not_overlap(run_snippet):
    found = run_snippet("overfitting/index_sweeps")
    assert not set(found["train"].tolist()) & set(found["test"].tolist())
