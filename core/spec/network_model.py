"""Networks: multilayer perceptrons, and encoder-decoders of pairs."""

from typing import Annotated, Literal

from pydantic import Field

from core.spec.base import Flag, Integer, PositiveReal, SpecModel

Unit = Literal["relu", "tanh", "gelu", "quadratic", "sin", "identity"]
Hidden = Annotated[tuple[Annotated[Integer, Field(ge=1, le=10_000)], ...], Field(max_length=16)]


class NetworkInit(SpecModel):
    """Where the weights of a multilayer perceptron start; biases start at zero.

    Every weight is normal, of variance 1/inputs (`normal_fan_in`), 1/outputs (`normal_fan_out`), 2/inputs
    (`kaiming`) or 2/(inputs + outputs) (`xavier`), times the scale.
    """

    kind: Literal["normal_fan_in", "normal_fan_out", "kaiming", "xavier"] = Field(
        default="kaiming", description="law of the start"
    )
    scale: PositiveReal = Field(default=1.0, description="factor of all weights", examples=[1.0])
    zero_last_layer: Flag = Field(default=False, description="start with a last layer of zeros")


class EncoderDecoderInit(SpecModel):
    """Where an encoder-decoder starts; biases start at zero.

    `paper`: embeddings uniform in +-1/sqrt(p), layers normal of variance 1/outputs, as published. The other
    laws are those of a multilayer perceptron, in which an embedding has p inputs.
    """

    kind: Literal["paper", "normal_fan_in", "normal_fan_out", "kaiming", "xavier"] = Field(
        default="paper", description="law of the start"
    )
    scale: PositiveReal = Field(default=1.0, description="factor of all weights", examples=[1.0])
    zero_last_layer: Flag = Field(default=False, description="start with a last layer of zeros")


class MLP(SpecModel):
    """A multilayer perceptron; its first and last widths are those of the data.

    Layers are `layers.0`, `layers.1` ..., biases `layers.0.bias` ....
    """

    kind: Literal["mlp"] = Field(description="the model")
    hidden: Hidden = Field(description="widths of the hidden layers; none for a linear map", examples=[[500]])
    activation: Unit = Field(default="relu", description="of the hidden layers; quadratic is z^2")
    bias: Flag = Field(default=False, description="whether layers have biases")
    init: NetworkInit = Field(default_factory=NetworkInit, description="starting point")


class EncoderDecoder(SpecModel):
    """Two embeddings of the numbers of a pair, combined, and a multilayer perceptron (arXiv 2506.05718).

    Embeddings are `embedding.0` and `embedding.1` (`embedding` where they are shared), the layers behind them
    `decoder.0`, `decoder.1` ..., biases `decoder.0.bias` ....
    """

    kind: Literal["encoder_decoder"] = Field(description="the model")
    embedding: Annotated[Integer, Field(ge=1, le=10_000)] = Field(
        default=64, description="numbers of an embedding; a square for matrix_product", examples=[64]
    )
    hidden: Hidden = Field(default=(64,), description="widths of the hidden layers", examples=[[64]])
    combine: Literal["matrix_product", "hadamard", "sum", "concat"] = Field(
        default="matrix_product",
        description="how the embeddings of a pair become one: the product of the square matrices that they "
        "fill row by row, their entrywise product, their sum, or both side by side",
    )
    activation: Unit = Field(default="relu", description="of the hidden layers; quadratic is z^2")
    shared_embedding: Flag = Field(default=False, description="one embedding for both numbers")
    bias: Flag = Field(default=False, description="whether layers have biases")
    init: EncoderDecoderInit = Field(default_factory=EncoderDecoderInit, description="starting point")
