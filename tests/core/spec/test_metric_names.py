"""The names that series can have, as a pattern and as a look-up."""

import re

import pytest

from core.spec import metric_names, metric_of, metric_pattern, vector_names

NAMES = (*metric_names(), *vector_names(), "nonsense", "", "parameters.nonsense", "train_error.re")
ENDINGS = ("", "[decoder.0]", "[]", "[", "]", " ", ".re", "[a]b", "[[a]]", "[a b]", "[\x04]")


@pytest.mark.parametrize("name", NAMES)
@pytest.mark.parametrize("ending", ENDINGS)
def test_the_pattern_has_what_can_be_looked_up(name: str, ending: str) -> None:
    asked = name + ending
    assert (re.search(metric_pattern(), asked) is not None) == (metric_of(asked) is not None)
