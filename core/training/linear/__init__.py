"""Training of the linear problems: stacked designs and runs, three engines, exact crossings."""
