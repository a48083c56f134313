import pytest

from lego._names import find


def test_finds_what_the_name_stands_for():
    assert find("scheme", "one", {"one": 1}, "NUMBERS") == 1


@pytest.mark.parametrize("name", ["On", "ONE!", None, 7, ["one"]])
def test_an_error_names_argument_registry_nearest_and_value(name):
    with pytest.raises(ValueError) as caught:
        find("scheme", name, {"one": 1, "two": 2}, "NUMBERS")
    message = str(caught.value)
    assert message.startswith("scheme must be a name in NUMBERS (nearest: ") and message.endswith(
        f"got {name!r}"
    )
    assert "one" in message


def test_the_nearest_name_comes_first():
    with pytest.raises(ValueError, match=r"nearest: kaiming, "):
        find("scheme", "Kaimnig", {"zeros": 0, "kaiming": 1}, "SCHEMES")
