"""The table of the benches replaces only what stands between its marks, and says what is missed."""

import pytest

from bench.document import BEGIN, END, replace_table
from bench.table import Bar, LeftOut, Report, Row

FAST = Row("sweep", "0.5 us", "loop 5 us", 10.0, bar=Bar(8, 15), cap=20.0)
SLOW = Row("sweep", "1 us", "loop 5 us", 6.0, bar=Bar(8, 15), cap=20.0)
CHEAP = Row("record", "1.05 us", "1 us", 5.0, "%", Bar(10, 3, at_most=True))
DEAR = Row("record", "1.15 us", "1 us", 15.0, "%", Bar(10, 3, at_most=True))
FREE = Row("one run", "20 us", "loop 5 us", 0.25)


def test_only_what_stands_between_the_marks_is_replaced() -> None:
    text = f"above\n{BEGIN}\nold\n\ntable\n{END}\nbelow\n"
    assert replace_table(text, "new") == f"above\n{BEGIN}\nnew\n{END}\nbelow\n"


@pytest.mark.parametrize("text", ["# Performance\n", f"{BEGIN}\n", f"{END}\n{BEGIN}\n"])
def test_a_text_without_marks_is_refused(text: str) -> None:
    with pytest.raises(ValueError, match="bench:begin"):
        replace_table(text, "new")


def test_a_row_shows_its_bar_and_its_part_of_the_cap() -> None:
    assert FAST.line() == "| sweep | 0.5 us | loop 5 us | 10 x | at least 8 x | 15 x | 20 x | 50 % | yes |"
    assert DEAR.line() == "| record | 1.15 us | 1 us | 15 % | at most 10 % | 3 % | - | - | **no** |"
    assert FREE.line() == "| one run | 20 us | loop 5 us | 0.25 x | - | - | - | - | - |"


def test_missed_bars_are_listed_with_how_much_is_missing() -> None:
    report = Report("a machine", [SLOW, LeftOut("jump", "refused"), DEAR, FREE, FAST, CHEAP])
    assert report.remarks().splitlines() == [
        "Missed bars:",
        "",
        "- sweep: 6 x, 25 % below the bar of 8 x",
        "- record: 15 %, 50 % above the bar of 10 %",
    ]
    assert Report("a machine", [FAST, CHEAP, FREE]).remarks() == "No bar is missed."


def test_what_was_left_out_has_a_line_as_wide_as_the_others() -> None:
    line = LeftOut("jump", "refused").line()
    assert "left out: refused" in line
    assert line.count("|") == FAST.line().count("|")


def test_the_text_has_machine_table_and_remarks() -> None:
    text = Report("a machine", [SLOW]).text()
    assert text.startswith("a machine\n\n| work ")
    assert SLOW.line() in text.splitlines()
    assert text.endswith("bar of 8 x")
