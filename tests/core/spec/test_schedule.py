"""Recorded steps are what the record says, whatever its fields."""

from hypothesis import given, settings
from hypothesis import strategies as st

from core.spec import Record, count_bound, recorded_steps

records = st.builds(
    Record,
    per_decade=st.none() | st.integers(1, 300),
    first=st.integers(0, 500),
    every=st.none() | st.integers(1, 1000),
)


def slow_schedule(record: Record, steps: int) -> list[int]:
    wanted = set(range(min(record.first, steps) + 1)) | {steps}
    if record.per_decade is not None:
        k = 0
        while (step := round(10 ** (k / record.per_decade))) <= steps:
            if step > record.first:
                wanted.add(step)
            k += 1
    if record.every is not None:
        wanted |= {step for step in range(steps + 1) if step % record.every == 0}
    return sorted(wanted)


@settings(max_examples=200)
@given(records, st.integers(1, 20_000))
def test_the_schedule_is_the_definition(record: Record, steps: int) -> None:
    schedule = recorded_steps(record, steps).tolist()
    assert schedule == slow_schedule(record, steps)
    assert len(schedule) <= count_bound(record, steps) + 1


def test_a_trillion_steps_have_a_short_log_schedule() -> None:
    schedule = recorded_steps(Record(), 10**12)
    assert schedule[-1] == 10**12
    assert len(schedule) == 101 + 1000
