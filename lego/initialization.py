r"""Initialization: the weights a net has before it has learned anything.

A scheme fills one weight of shape `(fan_out, fan_in, *kernel)` in place and returns it. For a convolution,
each fan counts the positions of the kernel too. A scheme that needs the fans raises a `ValueError` for a
weight that has none.

`initialize` applies a scheme to a whole model; `lsuv_` and `fixup_` need more than a weight: a batch, or the
residual branches. `INITIALIZERS` maps each name to its scheme. `gain` is the factor that makes up for how much an
activation shrinks a signal.
"""

import math
from collections.abc import Callable, Iterable, Mapping
from inspect import signature
from itertools import product
from typing import TYPE_CHECKING, Any, TypeVar

import torch
from torch import Generator, Tensor, nn

from lego import _checks as check
from lego._layers import exact, hidden_layers, kept_buffers, kept_modes, uncompiled
from lego._names import find, nearest
from lego.regularization import DropConnect
from lego.training import own_generators, run_model, undrawn

if TYPE_CHECKING:
    from lego.propagation import Activation

__all__ = [
    "INITIALIZERS",
    "constant_",
    "fixup_",
    "gain",
    "he_normal_",
    "he_uniform_",
    "initialize",
    "lecun_normal_",
    "lecun_uniform_",
    "lsuv_",
    "normal_",
    "orthogonal_",
    "pytorch_",
    "xavier_normal_",
    "xavier_uniform_",
    "zeros_",
]

Model = TypeVar("Model", bound=nn.Module)


def zeros_(weight: Tensor, *, generator: Generator | None = None) -> Tensor:
    r"""Zero everywhere: all units of a layer stay identical, and hidden layers receive no gradient.

    $$w = 0$$

    Args:
        weight: shape `(fan_out, fan_in, *kernel)`, overwritten.
        generator: accepted, as by every scheme; nothing is drawn.

    Returns:
        `weight` itself.
    """
    return nn.init.zeros_(check.floating("weight", weight))


def constant_(weight: Tensor, *, value: float = 0.1, generator: Generator | None = None) -> Tensor:
    r"""The same number everywhere: all units of a layer receive the same gradient and stay identical.

    $$w = \text{value}$$

    Args:
        weight: shape `(fan_out, fan_in, *kernel)`, overwritten.
        value: the number.
        generator: accepted, as by every scheme; nothing is drawn.

    Returns:
        `weight` itself.
    """
    check.floating("weight", weight)
    return nn.init.constant_(weight, check.fitting("value", value, weight.dtype))


def normal_(weight: Tensor, *, std: float = 0.01, generator: Generator | None = None) -> Tensor:
    r"""Normal draws with one fixed spread, whatever the width of the layer.

    $$w \sim \mathcal{N}(0, \text{std}^2)$$

    Args:
        weight: shape `(fan_out, fan_in, *kernel)`, overwritten.
        std: standard deviation; the default is AlexNet's.
        generator: source of randomness; PyTorch's global one if omitted.

    Returns:
        `weight` itself.

    Raises:
        ValueError: if `std` is negative or not finite.

    Source: Krizhevsky, Sutskever & Hinton (2012), "ImageNet classification with deep convolutional neural networks",
    section 5
    """
    check.floating("weight", weight)
    return nn.init.normal_(weight, std=_spread("std", std, weight), generator=generator)


def pytorch_(weight: Tensor, *, generator: Generator | None = None) -> Tensor:
    r"""Uniform draws as in PyTorch's own layers: variance one third of LeCun's, too small for deep ReLU nets.

    $$w \sim \mathcal{U}\!\left(-\tfrac{1}{\sqrt{\text{fan\_in}}}, \tfrac{1}{\sqrt{\text{fan\_in}}}\right)$$

    Args:
        weight: shape `(fan_out, fan_in, *kernel)`, overwritten.
        generator: source of randomness; PyTorch's global one if omitted.

    Returns:
        `weight` itself.

    Source: `torch.nn.Linear.reset_parameters`
    """
    bound = 1 / math.sqrt(_fan_in(weight))
    return nn.init.uniform_(weight, -bound, bound, generator=generator)


def lecun_normal_(weight: Tensor, *, gain: float = 1.0, generator: Generator | None = None) -> Tensor:
    r"""Normal draws that keep the variance of a signal through a linear layer.

    $$w \sim \mathcal{N}\!\left(0, \tfrac{\text{gain}^2}{\text{fan\_in}}\right)$$

    Args:
        weight: shape `(fan_out, fan_in, *kernel)`, overwritten.
        gain: factor that makes up for what the activation takes away.
        generator: source of randomness; PyTorch's global one if omitted.

    Returns:
        `weight` itself.

    Source: LeCun et al. (1998), "Efficient BackProp", section 4.6
    """
    std = _spread("gain", gain, weight) / math.sqrt(_fan_in(weight))
    return nn.init.normal_(weight, std=std, generator=generator)


def lecun_uniform_(weight: Tensor, *, gain: float = 1.0, generator: Generator | None = None) -> Tensor:
    r"""Uniform draws that keep the variance of a signal through a linear layer.

    $$w \sim \mathcal{U}(-a, a), \quad a = \text{gain} \sqrt{\tfrac{3}{\text{fan\_in}}}$$

    Args:
        weight: shape `(fan_out, fan_in, *kernel)`, overwritten.
        gain: factor that makes up for what the activation takes away.
        generator: source of randomness; PyTorch's global one if omitted.

    Returns:
        `weight` itself.

    Source: LeCun et al. (1998), "Efficient BackProp", section 4.6
    """
    bound = _spread("gain", gain, weight) * math.sqrt(3 / _fan_in(weight))
    return nn.init.uniform_(weight, -bound, bound, generator=generator)


def xavier_uniform_(weight: Tensor, *, gain: float = 1.0, generator: Generator | None = None) -> Tensor:
    r"""Uniform draws that compromise between keeping the signal's variance and the gradient's.

    $$w \sim \mathcal{U}(-a, a), \quad a = \text{gain} \sqrt{\tfrac{6}{\text{fan\_in} + \text{fan\_out}}}$$

    Args:
        weight: shape `(fan_out, fan_in, *kernel)`, overwritten.
        gain: factor that makes up for what the activation takes away.
        generator: source of randomness; PyTorch's global one if omitted.

    Returns:
        `weight` itself.

    Source: Glorot & Bengio (2010), "Understanding the difficulty of training deep feedforward neural networks",
    equation 16
    """
    _fan_in(weight)  # checks the shape
    return nn.init.xavier_uniform_(weight, _spread("gain", gain, weight), generator=generator)


def xavier_normal_(weight: Tensor, *, gain: float = 1.0, generator: Generator | None = None) -> Tensor:
    r"""Normal draws that compromise between keeping the signal's variance and the gradient's.

    $$w \sim \mathcal{N}\!\left(0, \tfrac{2\,\text{gain}^2}{\text{fan\_in} + \text{fan\_out}}\right)$$

    Args:
        weight: shape `(fan_out, fan_in, *kernel)`, overwritten.
        gain: factor that makes up for what the activation takes away.
        generator: source of randomness; PyTorch's global one if omitted.

    Returns:
        `weight` itself.

    Source: Glorot & Bengio (2010), "Understanding the difficulty of training deep feedforward neural networks",
    equation 12
    """
    _fan_in(weight)  # checks the shape
    return nn.init.xavier_normal_(weight, _spread("gain", gain, weight), generator=generator)


def he_uniform_(weight: Tensor, *, gain: float = math.sqrt(2), generator: Generator | None = None) -> Tensor:
    r"""Uniform draws that keep the mean square of activations through ReLU layers.

    $$w \sim \mathcal{U}(-a, a), \quad a = \text{gain} \sqrt{\tfrac{3}{\text{fan\_in}}}
    = \sqrt{\tfrac{6}{\text{fan\_in}}} \text{ for ReLU}$$

    Args:
        weight: shape `(fan_out, fan_in, *kernel)`, overwritten.
        gain: factor that makes up for what the activation takes away; $\sqrt2$ is ReLU's.
        generator: source of randomness; PyTorch's global one if omitted.

    Returns:
        `weight` itself.

    Source: He et al. (2015), arXiv:1502.01852
    """
    return lecun_uniform_(weight, gain=gain, generator=generator)


def he_normal_(weight: Tensor, *, gain: float = math.sqrt(2), generator: Generator | None = None) -> Tensor:
    r"""Normal draws that keep the mean square of activations through ReLU layers.

    $$w \sim \mathcal{N}\!\left(0, \tfrac{\text{gain}^2}{\text{fan\_in}}\right)
    = \mathcal{N}\!\left(0, \tfrac{2}{\text{fan\_in}}\right) \text{ for ReLU}$$

    Args:
        weight: shape `(fan_out, fan_in, *kernel)`, overwritten.
        gain: factor that makes up for what the activation takes away; $\sqrt2$ is ReLU's.
        generator: source of randomness; PyTorch's global one if omitted.

    Returns:
        `weight` itself.

    Source: He et al. (2015), arXiv:1502.01852, equation 10
    """
    return lecun_normal_(weight, gain=gain, generator=generator)


def orthogonal_(weight: Tensor, *, gain: float = 1.0, generator: Generator | None = None) -> Tensor:
    r"""Random rotation: keeps every length exactly, as far as the shape allows.

    $$W^\top W = \text{gain}^2 I \quad \text{or} \quad W W^\top = \text{gain}^2 I$$

    Args:
        weight: shape `(fan_out, fan_in, *kernel)`, overwritten; a kernel's positions count as inputs.
        gain: factor that makes up for what the activation takes away.
        generator: source of randomness; PyTorch's global one if omitted.

    Returns:
        `weight` itself.

    Source: Saxe, McClelland & Ganguli (2013), arXiv:1312.6120
    """
    _fan_in(weight)  # checks the shape
    size = _spread("gain", gain, weight)
    wide = torch.empty(
        weight.shape, dtype=torch.promote_types(weight.dtype, torch.float32), device=weight.device
    )
    with torch.no_grad():
        weight.copy_(nn.init.orthogonal_(wide, size, generator=generator))  # the rotation needs 32 bits
    return weight


INITIALIZERS: dict[str, Callable[..., Tensor]] = {
    "zeros": zeros_,
    "constant": constant_,
    "normal": normal_,
    "pytorch": pytorch_,
    "lecun_normal": lecun_normal_,
    "lecun_uniform": lecun_uniform_,
    "xavier_uniform": xavier_uniform_,
    "xavier_normal": xavier_normal_,
    "he_uniform": he_uniform_,
    "he_normal": he_normal_,
    "orthogonal": orthogonal_,
}
"""The scheme for each name, in teaching order."""

_ALIASES = {
    "lecun": "lecun_normal",
    "xavier": "xavier_normal",
    "glorot": "xavier_normal",
    "glorot_normal": "xavier_normal",
    "glorot_uniform": "xavier_uniform",
    "he": "he_normal",
    "kaiming": "he_normal",
    "kaiming_normal": "he_normal",
    "kaiming_uniform": "he_uniform",
}
_TRANSPOSED = (nn.ConvTranspose1d, nn.ConvTranspose2d, nn.ConvTranspose3d)
_LAYERS = (nn.Linear, nn.Conv1d, nn.Conv2d, nn.Conv3d, *_TRANSPOSED, nn.MultiheadAttention)


def gain(activation: "Activation", *, backward: bool = False) -> float:
    r"""Factor that makes up for what an activation takes away from a normal signal of variance 1, or from a gradient.

    $$\frac{1}{\sqrt{\operatorname{E} \phi(z)^2}} \quad \text{or, backward,} \quad
    \frac{1}{\sqrt{\operatorname{E} \phi'(z)^2}}, \qquad z \sim \mathcal{N}(0, 1)$$

    It works for any activation; `torch.nn.init.calculate_gain` raises an error for GELU, SiLU, Mish and ELU.

    Args:
        activation: a name in `ACTIVATIONS` or `SEARCH_CANDIDATES`, or an elementwise function or module.
        backward: whether to preserve the gradient instead of the signal.

    Raises:
        ValueError: if the activation is unknown, not elementwise, or zero for almost every input.

    Source: the argument of He et al. (2015), arXiv:1502.01852, for any activation

    Examples:
        ```python
        from lego.initialization import gain

        print(gain("relu") ** 2, gain("gelu"), gain("gelu", backward=True))
        ```
    """
    from lego.propagation import chi, variance_map  # here: the schemes alone need neither

    share = chi(activation, 1.0) if backward else variance_map(activation, 1.0)
    if share == 0:
        raise ValueError("activation must not be zero for almost every input, got a mean square of 0")
    return 1 / math.sqrt(share)


def initialize(
    model: Model,
    scheme: str,
    *,
    activation: "Activation | None" = None,
    generator: Generator | None = None,
    **options: Any,
) -> Model:
    r"""Fills the weights of every linear, convolution and attention layer with one scheme; their biases become zero.

    All other layers keep their values. Frozen weights are filled as well.

    - `nn.MultiheadAttention` is filled as four linear layers: for queries, keys, values and the output. What
      `add_bias_kv` adds to it keeps its values.
    - A transposed convolution is filled as the ordinary ones that it consists of: one per group and per offset within
      the stride, with those positions of the kernel that meet in one output. In
      `nn.ConvTranspose2d(8, 3, kernel_size=4, stride=2)`, the fan-in is thus $8 \cdot 2 \cdot 2$.
    - The scheme `"pytorch"` does what PyTorch's own layers do. Biases are
      $b \sim \mathcal{U}(\pm 1 / \sqrt{\text{fan\_in}})$; in attention they are zero, and the weights for queries, keys
      and values are Xavier's. A transposed convolution takes its fan-in from the shape of its weight as it is.

    Args:
        model: any module, overwritten.
        scheme: a name in `INITIALIZERS`, `"lsuv"` or `"fixup"`; the names of the authors work too, such as
            `"kaiming_uniform"`; without a distribution they mean the normal one.
        activation: scales a scheme that has a gain by the [gain][lego.initialization.gain] of this activation.
        generator: source of randomness; PyTorch's global one if omitted.
        **options: the scheme's own arguments, such as `std` of `"normal"`, `gain` of `"xavier_normal"`, `batch` of
            `"lsuv"` or `branches` of `"fixup"`.

    Returns:
        `model` itself.

    Raises:
        TypeError: if the scheme does not have one of the options, or needs one that is missing.
        ValueError: if `scheme` is unknown or has no gain for `activation`, or `model` has no linear or convolution
            layer. In all these cases nothing is changed.

    Examples:
        ```python
        import torch

        from lego.initialization import initialize

        model = torch.nn.Sequential(torch.nn.Linear(64, 64), torch.nn.GELU(), torch.nn.Linear(64, 10))
        initialize(model, "he_normal", activation="gelu", generator=torch.Generator().manual_seed(0))
        print(model[0].weight.std() * 8)
        ```
    """
    scheme, fill = find_scheme("scheme", scheme)
    check.generator(generator)
    if activation is not None:
        if "gain" not in signature(fill).parameters:
            raise ValueError(f"activation must be omitted for a scheme without a gain, got {scheme!r}")
        if "gain" in options:
            raise ValueError(f"gain must be omitted where activation is given, got {options['gain']}")
        options["gain"] = gain(activation)
    _check_options(scheme, fill, options)
    if scheme in ("lsuv", "fixup"):
        fill(model, generator=generator, **options)
        return model
    for layer in sorted(_layers(model), key=_is_attention):  # attention after its output, as in PyTorch
        if scheme == "pytorch":
            _fill_as_pytorch(layer, generator)
            continue
        for weight in _ordinary_weights(layer):
            fill(weight, generator=generator, **options)
        for bias in _biases(layer):
            nn.init.zeros_(bias)
    return model


def _check_options(scheme: str, fill: Callable[..., Any], options: Mapping[str, Any]) -> None:
    """Raises a TypeError unless the options are arguments of the scheme, and all that it needs."""
    _, *parameters = signature(fill).parameters.values()  # the first is the weight or the model
    known = {parameter.name: parameter for parameter in parameters if parameter.name != "generator"}
    for name in options:
        if not known:
            raise TypeError(f"options must be omitted for {scheme!r}, got {name!r}")
        if name not in known:
            raise TypeError(
                f"options must be arguments of {scheme!r} (nearest: {nearest(name, known)}), got {name!r}"
            )
    for name, parameter in known.items():
        if parameter.default is parameter.empty and name not in options:
            raise TypeError(f"{name} must be given for the scheme {scheme!r}, got none")


def find_scheme(argument: str, name: object) -> tuple[str, Callable[..., Any]]:
    """The name of a scheme in `INITIALIZERS`, and the scheme.

    Raises:
        ValueError: if there is no scheme with this name.
    """
    name = _ALIASES.get(name, name) if isinstance(name, str) else name
    fill = find(argument, name, {**INITIALIZERS, "lsuv": lsuv_, "fixup": fixup_}, "INITIALIZERS")
    return str(name), fill


def lsuv_(model: Model, batch: Any, *, generator: Generator | None = None) -> Model:
    """Layer-sequential unit variance: orthogonal weights, then each layer scaled to variance 1 on a batch.

    Every linear, convolution and attention layer that the model calls is scaled, in the order of the calls; one scaling
    is exact, because the biases are zero. In attention, the weights of the output are scaled. Layers that share their
    weights are scaled when the first of them is called.
    Afterwards, hooks and buffers, such as those of batch norms, are as before, and so is the random state except for
    the draws of the weights; if anything fails, the weights are as before, too.

    Args:
        model: any module, overwritten.
        batch: inputs, as the model expects them: a tensor, or a tuple, list or dict of arguments.
        generator: source of randomness; PyTorch's global one if omitted.

    Returns:
        `model` itself.

    Raises:
        ValueError: if the model has, or calls, no linear or convolution layer, or a layer's output does not vary.

    Source: Mishkin & Matas (2015), arXiv:1511.06422, algorithm 1
    """
    filled = [parameter for layer in _layers(model) for parameter in layer.parameters(recurse=False)]
    before = [(parameter, parameter.detach().clone()) for parameter in filled]
    try:
        return _scale_layers(model, batch, generator)
    except BaseException:
        with torch.no_grad():
            for parameter, old in before:
                parameter.copy_(old)
        raise


def _scale_layers(model: Model, batch: Any, generator: Generator | None) -> Model:
    """Fills all layers, and scales each when a forward pass reaches it."""
    initialize(model, "orthogonal", generator=generator)
    names: dict[Any, str] = {
        layer: name for name, layer in model.named_modules() if isinstance(layer, _LAYERS)
    }
    weights = {layer: (layer.out_proj if _is_attention(layer) else layer).weight for layer in names}
    scaled: set[int] = set()

    def scale(layer: Any, _: Any, output: Any) -> Any:
        if id(weights[layer]) in scaled:  # several layers may share one
            return output
        scaled.add(id(weights[layer]))
        signal, *rest = output if isinstance(output, tuple) else [output]  # attention's rest: where it looked
        std = exact(signal).std(correction=0).item()
        if not 0 < std < math.inf:
            raise ValueError(f"batch must vary at layer {names[layer]!r}, got a standard deviation of {std}")
        weights[layer] /= std
        return (signal / std, *rest) if rest else signal / std

    hooks = [layer.register_forward_hook(scale) for layer in names]
    devices = {tensor.device for tensor in (*model.parameters(), *model.buffers()) if tensor.is_cuda}
    try:
        with (
            torch.random.fork_rng(devices),
            kept_modes(model),
            undrawn(own_generators(model)),
            torch.no_grad(),
            uncompiled(model),
            kept_buffers(model),
        ):
            for module in model.modules():
                # in training it uses the weights of its layer without calling it
                if isinstance(module, DropConnect):
                    module.eval()
            run_model(model, batch)
    finally:
        for hook in hooks:
            hook.remove()
    if not scaled:
        raise ValueError(
            f"model must call a linear or convolution layer, got {type(model).__name__}{hidden_layers(model)}"
        )
    return model


def fixup_(
    model: Model,
    branches: Iterable[nn.Module],
    *,
    head: nn.Module | None = None,
    generator: Generator | None = None,
) -> Model:
    r"""Residual nets without normalization: He's weights, with each branch scaled down and closed at its end.

    In each of $L$ residual branches of $m$ layers the last layer is zero, and the others are He's times

    $$L^{-1/(2m-2)}$$

    The head is zero, and all else is He's. The scalar biases and multipliers of the method are part of the
    architecture, so you add them yourself: a learned number, starting at 0, before each layer and activation, and
    one, starting at 1, at the end of each branch.

    Args:
        model: any module, overwritten.
        branches: the residual branches, modules of the model.
        head: the last linear layer of the model, if it is to be zero.
        generator: source of randomness; PyTorch's global one if omitted.

    Returns:
        `model` itself.

    Raises:
        ValueError: if there is no branch, or a branch has no linear or convolution layer or is not in the model.

    Source: Zhang, Dauphin & Ma (2019), arXiv:1901.09321, section 3
    """
    branches = check.several("branches", branches)
    if not branches:
        raise ValueError("branches must hold at least one residual branch, got none")
    inside = set(check.instance("model", model, nn.Module).modules())
    for argument, modules in {"branches": branches, "head": [] if head is None else [head]}.items():
        for module in modules:
            if not isinstance(module, nn.Module) or module not in inside:
                raise ValueError(
                    f"branches and head must be modules of the model, got {type(module).__name__}"
                )
            _layers(module, argument)
    initialize(model, "he_normal", generator=generator)
    with torch.no_grad():
        for branch in branches:
            *first, last = _layers(branch)
            for layer in first:
                for weight in _weights(layer):
                    weight *= len(branches) ** (-1 / (2 * len(first)))
            last.weight.zero_()
        for layer in _layers(head) if head is not None else []:
            for weight in _weights(layer):
                weight.zero_()
    return model


def _layers(model: nn.Module, argument: str = "model") -> list[Any]:
    check.instance(argument, model, nn.Module)
    layers = [layer for layer in model.modules() if isinstance(layer, _LAYERS)]
    if not layers:
        raise ValueError(f"{argument} must have a linear or convolution layer, got {type(model).__name__}")
    for name, layer in model.named_modules():
        for weight in _weights(layer) if isinstance(layer, _LAYERS) else []:
            if isinstance(weight, nn.parameter.UninitializedParameter):
                raise ValueError(
                    f"{argument} must have seen a batch, got the lazy layer {name!r} without a shape"
                )
            if not isinstance(weight, nn.Parameter):
                raise ValueError(
                    f"{argument} must hold its weights as parameters, got the layer {name!r} that computes its "
                    "own: initialize it first, then parametrize it"
                )
    return layers


def _is_attention(layer: nn.Module) -> bool:
    return isinstance(layer, nn.MultiheadAttention)


def _weights(layer: Any) -> list[Tensor]:
    """The weights of a layer; in attention those of queries, keys and values, for its output is a layer of its own."""
    if not _is_attention(layer):
        return [layer.weight]
    weights = layer.in_proj_weight, layer.q_proj_weight, layer.k_proj_weight, layer.v_proj_weight
    return [weight for weight in weights if weight is not None]


def _biases(layer: Any) -> list[Tensor]:
    biases = [layer.in_proj_bias, layer.out_proj.bias] if _is_attention(layer) else [layer.bias]
    return [bias for bias in biases if bias is not None]


def _ordinary_weights(layer: Any) -> list[Tensor]:
    """Parts of a layer's weights, each of shape `(fan_out, fan_in, *kernel)`, that together are all of them."""
    if _is_attention(layer):  # queries', keys' and values' may be one above the other
        return [part for weight in _weights(layer) for part in torch.split(weight.detach(), layer.embed_dim)]
    if not isinstance(layer, _TRANSPOSED):
        return [layer.weight]
    meetings = []  # for each dimension, the positions of the kernel that meet in one output
    for size, stride, gap in zip(layer.kernel_size, layer.stride, layer.dilation, strict=True):
        step = stride // math.gcd(stride, gap)
        meetings.append([slice(first, None, step) for first in range(min(step, size))])
    groups: list[Any] = [group.transpose(0, 1) for group in layer.weight.detach().chunk(layer.groups)]
    return [group[..., *kernel] for group in groups for kernel in product(*meetings)]


def _fill_as_pytorch(layer: Any, generator: Generator | None) -> None:
    """Draws what the layer's own constructor draws."""
    if _is_attention(layer):
        for weight in _weights(layer):
            xavier_uniform_(weight, generator=generator)
        for bias in _biases(layer):
            nn.init.zeros_(bias)
    else:
        pytorch_(layer.weight, generator=generator)
        if layer.bias is not None:
            bound = 1 / math.sqrt(_fan_in(layer.weight))
            nn.init.uniform_(layer.bias, -bound, bound, generator=generator)


def _spread(argument: str, value: float, weight: Tensor) -> float:
    """The number, if draws of this spread or less are finite in the weight's dtype."""
    spread = check.real(argument, value)
    if not 0 <= spread < math.inf:
        raise ValueError(f"{argument} must be finite and at least 0, got {value}")
    if spread > torch.finfo(check.floating("weight", weight).dtype).max / 16:
        raise ValueError(f"{argument} must leave draws finite in {weight.dtype}, got {value}")
    return spread


def _fan_in(weight: Tensor) -> int:
    if check.floating("weight", weight).ndim < 2 or weight.numel() == 0:
        raise ValueError(f"weight must have shape (fan_out, fan_in, ...), got {tuple(weight.shape)}")
    return weight[0].numel()
