"""Puts the measured table into a page, between its marks."""

BEGIN, END = "<!-- bench:begin -->", "<!-- bench:end -->"


def replace_table(text: str, table: str) -> str:
    """The text with `table` between its marks and everything else as it was.

    Raises ValueError for a text without marks.
    """
    before, begin, rest = text.partition(BEGIN)
    _, end, after = rest.partition(END)
    if not begin or not end:
        raise ValueError(f"the text needs the marks {BEGIN} and {END}")
    return f"{before}{BEGIN}\n{table}\n{END}{after}"
