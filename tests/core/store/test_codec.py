"""The chunk codec: bit for bit, and never larger than plain."""

from concurrent.futures import ThreadPoolExecutor

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st
from hypothesis.extra.numpy import arrays
from numpy.typing import NDArray

from core.store import decode, encode
from core.store.codec import Codec, decode_joined

WORDS = arrays(np.int64, st.integers(0, 300), elements=st.integers(-(2**63), 2**63 - 1))


@given(WORDS)
def test_every_bit_pattern_of_a_float_survives(words: NDArray[np.int64]) -> None:
    codec, data = encode(words.view(np.float64))
    back = decode(codec, data, words.size)
    assert back.dtype == np.float64
    assert np.array_equal(back.view(np.int64), words)


@given(WORDS)
def test_every_integer_survives(words: NDArray[np.int64]) -> None:
    codec, data = encode(words)
    back = decode(codec, data, words.size)
    assert back.dtype == np.int64
    assert np.array_equal(back, words)


@given(WORDS)
def test_nothing_takes_more_than_its_plain_bytes(words: NDArray[np.int64]) -> None:
    assert len(encode(words)[1]) <= words.nbytes
    assert len(encode(words.view(np.float64))[1]) <= words.nbytes


def test_nan_payloads_signed_zeros_and_infinities_survive() -> None:
    odd = np.array([0x7FF8_0000_0000_0001, 0x7FF0_0000_0000_0000, 0x7FF0_0000_DEAD_BEEF], np.int64)
    words = np.tile(np.concatenate([odd, np.array([-0.0, -np.inf, 5e-324]).view(np.int64)]), 20)
    codec, data = encode(words.view(np.float64))
    assert codec == Codec.FLOATS_SHUFFLED
    assert np.array_equal(decode(codec, data, words.size).view(np.int64), words)


def test_a_smooth_curve_and_its_steps_are_compressed() -> None:
    steps = np.arange(4096, dtype=np.int64) * 100
    codec, data = encode(steps)
    assert codec == Codec.INTEGERS_DELTA
    assert len(data) < 100
    curve = np.exp(-steps / 1e5)
    codec, data = encode(curve)
    assert codec == Codec.FLOATS_DELTA
    assert len(data) < 0.8 * steps.nbytes
    assert np.array_equal(decode(codec, data, curve.size), curve)
    codec, data = encode(curve[:500])
    assert codec == Codec.FLOATS_SHUFFLED
    assert len(data) < 0.9 * 8 * 500


def test_noise_and_odd_words_among_many_are_stored_as_what_is_smaller() -> None:
    words = np.random.default_rng(0).integers(-(2**63), 2**63 - 1, 3000)
    for few in (words, np.where(np.arange(3000) % 7 == 0, words, 0)):
        codec, data = encode(few.view(np.float64))
        assert len(data) <= 8 * 3000
        assert np.array_equal(decode(codec, data, 3000).view(np.int64), few)


def test_a_column_of_a_matrix_and_a_read_only_vector_are_encoded() -> None:
    matrix = np.arange(60, dtype=np.float64).reshape(20, 3)
    column = matrix[:, 1]
    column.flags.writeable = False
    assert np.array_equal(decode(*encode(column), 20), column)


@pytest.mark.parametrize("values", [np.zeros((2, 2)), np.zeros(3, np.float32), np.zeros(3, np.int32)])
def test_other_shapes_and_types_are_refused(values: NDArray[np.float64]) -> None:
    with pytest.raises(ValueError, match="vector"):
        encode(values)


def test_threads_do_not_share_their_contexts() -> None:
    curves = [np.sin(np.arange(2000) * k) for k in range(64)]
    with ThreadPoolExecutor(8) as pool:
        back = list(pool.map(lambda curve: decode(*encode(curve), 2000), curves * 4))
    assert all(np.array_equal(a, b) for a, b in zip(back, curves * 4, strict=True))


@given(
    st.lists(st.lists(st.integers(-(2**62), 2**62), max_size=40), min_size=1, max_size=5)
    | st.lists(st.lists(st.integers(0, 200), min_size=8, max_size=60), min_size=1, max_size=5)
)
def test_joined_parts_of_integers_are_those_of_each(several: list[list[int]]) -> None:
    vectors = [np.cumsum(np.array(values, np.int64) // 64) for values in several]
    parts = [(*encode(vector), vector.size) for vector in vectors]
    np.testing.assert_array_equal(decode_joined(parts), np.concatenate(vectors))


@given(st.lists(st.lists(st.floats(), min_size=20, max_size=40), min_size=1, max_size=5))
def test_joined_parts_of_floats_are_those_of_each(several: list[list[float]]) -> None:
    vectors = [np.array(values) for values in several]
    smooth = [np.arange(n, dtype=float) for n in (100, 9, 1000)]
    for some in (vectors, smooth, [*smooth, *vectors]):
        parts = [(*encode(vector), vector.size) for vector in some]
        assert decode_joined(parts).tobytes() == np.concatenate(some).tobytes()
