"""The table of claims replaces its own lines and nothing else."""

from pathlib import Path

import pytest

from tests.claims.table import BEGIN, END, HEAD, Claims, Row, with_rows, write_tables

OLD, NEW = Row("C2", "t1", "60", "61", "exact"), Row("C2", "t1", "60", "60", "exact")
OTHER = Row("C10", "N = 30", "101,000", "101,000", "exact")


def test_rows_stand_between_the_marks_in_order_of_claims() -> None:
    text = with_rows(f"above\n{BEGIN}\nold words\n{END}\nbelow\n", [OTHER, NEW])
    assert text == f"above\n{BEGIN}\n{HEAD}\n{NEW.line()}\n{OTHER.line()}\n{END}\nbelow\n"


def test_a_row_takes_the_place_of_an_earlier_one_and_the_rest_stays() -> None:
    before = with_rows(f"{BEGIN}\n{END}\n", [OLD, OTHER])
    assert with_rows(before, [NEW]) == with_rows(f"{BEGIN}\n{END}\n", [NEW, OTHER])


def test_claims_of_networks_have_a_page_of_their_own(tmp_path: Path) -> None:
    deep = Row("C32", "parameters", "22,720", "22,720", "exact")
    (tmp_path / "linear.md").write_text(f"words\n{BEGIN}\n{END}\n")
    write_tables(tmp_path, [deep, OTHER])
    assert (tmp_path / "linear.md").read_text() == with_rows(f"words\n{BEGIN}\n{END}\n", [OTHER])
    assert (tmp_path / "networks.md").read_text() == with_rows(f"{BEGIN}\n{END}\n", [deep])


def test_a_text_without_marks_is_refused() -> None:
    with pytest.raises(ValueError, match="claims:begin"):
        with_rows("# Claims\n", [NEW])


def test_a_claim_that_is_not_met_fails_and_says_so(request: pytest.FixtureRequest) -> None:
    claims = Claims(request)
    with pytest.raises(AssertionError, match="not met"):
        claims.number("C2", "t1", 61, 60, off=0.5)
    with pytest.raises(AssertionError, match="none"):
        claims.number("C2", "t2", None, 60, off=1e9)
    with pytest.raises(AssertionError, match="not met"):
        claims.between("C2", "t2", float("nan"), 0, 1)
    request.node.user_properties.clear()
