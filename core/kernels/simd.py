"""Vectors of float64 in the registers of one core, for compiled code: several runs side by side.

Inside functions that `compiled` decorates a vector is held in registers and adds, multiplies and compares
like a number. Outside of them it does not exist.
"""

import operator
from collections.abc import Callable
from contextlib import suppress
from typing import Any, TypeVar, cast

import numba
from llvmlite import binding, ir
from numba.core import cgutils, types
from numba.core.datamodel import models
from numba.core.typing import templates
from numba.extending import intrinsic, lower_builtin, register_model

from core.kernels.kept_code import KeptCode

F = TypeVar("F", bound=Callable[..., Any])


def _native_width() -> int:
    """Numbers in the widest vector register: 8 with AVX-512, else 4, in halves where it is narrower."""
    features = binding.get_host_cpu_features()
    return 8 if features.get("avx512f") else 4


WIDTH = _native_width()
"""Numbers in one vector."""

_DOUBLE = ir.DoubleType()
_VECTOR = ir.VectorType(_DOUBLE, WIDTH)
_MASK = ir.VectorType(ir.IntType(1), WIDTH)


def compiled(function: F) -> F:
    """Compiles a function at its first call and keeps the code on disk, where it may write there."""
    dispatcher: Any = numba.njit(error_model="numpy", nogil=True)(function)
    # A read-only installation without a home has no folder for the code.
    with suppress(RuntimeError):
        dispatcher._cache = KeptCode(function)
    return cast("F", dispatcher)


def _instruction(definition: Callable[..., Any]) -> Any:
    """What compiled code calls where the definition says how it becomes machine code."""
    return intrinsic(definition)


class _Lanes(types.Type):
    """The type of a vector or, with `mask`, of what comparing two of them gives."""

    def __init__(self, mask: bool) -> None:
        self.mask = mask
        super().__init__(f"Lanes({WIDTH}{', mask' if mask else ''})")


@register_model(_Lanes)
class _LanesModel(models.PrimitiveModel):
    def __init__(self, manager: Any, lanes: _Lanes) -> None:
        vector = _MASK if lanes.mask else _VECTOR
        super().__init__(manager, lanes, vector)  # type: ignore[no-untyped-call]


LANES, MASK = _Lanes(mask=False), _Lanes(mask=True)


def _constant(value: float) -> Any:
    return ir.Constant(_VECTOR, [value] * WIDTH)


def _pointer(context: Any, builder: Any, kind: Any, array: Any, at: Any) -> Any:
    data = context.make_array(kind)(context, builder, array).data
    return builder.bitcast(builder.gep(data, [at]), _VECTOR.as_pointer())


@_instruction
def load(typing: Any, array: Any, at: Any) -> Any:
    """The vector at index `at` of a flat contiguous array."""

    def code(context: Any, builder: Any, signature: Any, args: Any) -> Any:
        value = builder.load(_pointer(context, builder, signature.args[0], *args))
        value.align = 8
        return value

    return LANES(array, types.intp), code


@_instruction
def store(typing: Any, array: Any, at: Any, value: Any) -> Any:
    """Writes a vector to index `at` of a flat contiguous array."""

    def code(context: Any, builder: Any, signature: Any, args: Any) -> Any:
        builder.store(args[2], _pointer(context, builder, signature.args[0], *args[:2])).align = 8
        return context.get_dummy_value()

    return types.void(array, types.intp, LANES), code


@_instruction
def splat(typing: Any, value: Any) -> Any:
    """The vector of one number over and over."""

    def code(context: Any, builder: Any, signature: Any, args: Any) -> Any:
        return _spread(builder, args[0])

    return LANES(types.float64), code


@_instruction
def spread(typing: Any, array: Any, at: Any) -> Any:
    """The vector of the one number at index `at` of a flat contiguous array over and over."""

    def code(context: Any, builder: Any, signature: Any, args: Any) -> Any:
        # Indexing would ask first whether the index counts from the end.
        data = context.make_array(signature.args[0])(context, builder, args[0]).data
        return _spread(builder, builder.load(builder.gep(data, [args[1]])))

    return LANES(array, types.intp), code


@_instruction
def fma(typing: Any, a: Any, b: Any, c: Any) -> Any:
    """a b + c, rounded once."""

    def code(context: Any, builder: Any, signature: Any, args: Any) -> Any:
        return builder.call(_llvm(builder, "fma", 3), args)

    return LANES(LANES, LANES, LANES), code


@_instruction
def sqrt(typing: Any, a: Any) -> Any:
    """Square roots."""

    def code(context: Any, builder: Any, signature: Any, args: Any) -> Any:
        return builder.call(_llvm(builder, "sqrt", 1), args)

    return LANES(LANES), code


@_instruction
def size(typing: Any, a: Any) -> Any:
    """Absolute values."""

    def code(context: Any, builder: Any, signature: Any, args: Any) -> Any:
        return builder.call(_llvm(builder, "fabs", 1), args)

    return LANES(LANES), code


@_instruction
def sign(typing: Any, a: Any) -> Any:
    """1, -1, and 0 at 0; NaN has no sign and gives 0."""

    def code(context: Any, builder: Any, signature: Any, args: Any) -> Any:
        zero = _constant(0.0)
        below = builder.select(builder.fcmp_ordered("<", args[0], zero), _constant(-1.0), zero)
        return builder.select(builder.fcmp_ordered(">", args[0], zero), _constant(1.0), below)

    return LANES(LANES), code


@_instruction
def where(typing: Any, mask: Any, a: Any, b: Any) -> Any:
    """a where the mask holds, else b."""

    def code(context: Any, builder: Any, signature: Any, args: Any) -> Any:
        return builder.select(*args)

    return LANES(MASK, LANES, LANES), code


@_instruction
def any_of(typing: Any, mask: Any) -> Any:
    """Whether the mask holds anywhere."""

    def code(context: Any, builder: Any, signature: Any, args: Any) -> Any:
        bits = builder.bitcast(args[0], ir.IntType(WIDTH))
        return builder.icmp_unsigned("!=", bits, ir.Constant(ir.IntType(WIDTH), 0))

    return types.boolean(MASK), code


@_instruction
def total(typing: Any, a: Any) -> Any:
    """The sum of all numbers of a vector, by halves."""

    def code(context: Any, builder: Any, signature: Any, args: Any) -> Any:
        part, width = args[0], WIDTH
        while width > 1:
            width //= 2
            kind = ir.VectorType(ir.IntType(32), width)
            halves = (list(range(width)), list(range(width, 2 * width)))
            part = builder.fadd(*(builder.shuffle_vector(part, part, ir.Constant(kind, h)) for h in halves))
        return builder.extract_element(part, ir.Constant(ir.IntType(32), 0))

    return types.float64(LANES), code


@_instruction
def pairs(typing: Any, a: Any, b: Any) -> Any:
    """Sums of neighbours, of a, then of b: log2(WIDTH) rounds turn WIDTH vectors into their totals."""

    def code(context: Any, builder: Any, signature: Any, args: Any) -> Any:
        kind = ir.VectorType(ir.IntType(32), WIDTH)
        halves = (ir.Constant(kind, list(range(first, 2 * WIDTH, 2))) for first in (0, 1))
        return builder.fadd(*(builder.shuffle_vector(*args, half) for half in halves))

    return LANES(LANES, LANES), code


def _spread(builder: Any, number: Any) -> Any:
    undefined, first = ir.Constant(_VECTOR, ir.Undefined), ir.Constant(ir.IntType(32), 0)
    one = builder.insert_element(undefined, number, first)
    places = ir.Constant(ir.VectorType(ir.IntType(32), WIDTH), [0] * WIDTH)
    return builder.shuffle_vector(one, undefined, places)


def _llvm(builder: Any, name: str, arity: int) -> Any:
    kind = ir.FunctionType(_VECTOR, [_VECTOR] * arity)
    insert: Any = cgutils.get_or_insert_function
    return insert(builder.module, kind, f"llvm.{name}.v{WIDTH}f64")


# numba has no types for these.
_signature: Any = templates.signature
_infer: Any = templates.infer_global
_lower: Any = lower_builtin


def _operator(symbol: Callable[..., Any], result: _Lanes, code: Callable[..., Any]) -> None:
    """Makes a Python operator on two vectors one instruction."""
    cases: Any = type("_Cases", (templates.ConcreteTemplate,), {"cases": [_signature(result, LANES, LANES)]})
    _infer(symbol)(cases)
    _lower(symbol, LANES, LANES)(lambda context, builder, signature, args: code(builder, *args))


_operator(operator.add, LANES, lambda builder, a, b: builder.fadd(a, b))
_operator(operator.sub, LANES, lambda builder, a, b: builder.fsub(a, b))
_operator(operator.mul, LANES, lambda builder, a, b: builder.fmul(a, b))
_operator(operator.truediv, LANES, lambda builder, a, b: builder.fdiv(a, b))
_operator(operator.le, MASK, lambda builder, a, b: builder.fcmp_ordered("<=", a, b))
_operator(operator.gt, MASK, lambda builder, a, b: builder.fcmp_ordered(">", a, b))
