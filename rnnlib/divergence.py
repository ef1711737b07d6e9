"""Where a training went wrong: which layer the first number came from that is not finite.

The training loop looks at two numbers a step, the loss and the sum of the squared gradients. Only when one of them is
not finite does it ask here, where every layer is looked at.
"""

import functools

import numpy as np

ADVICE = "try a smaller learning rate, clip the gradient (global_clipnorm=1), or scale the inputs"


def of_loss(model, x, loss, forward=None):
    """Say why the loss of the batch `x` is not finite, from the model as it is before the step.

    The forward pass is repeated: `forward()` gives the predictions, those of the model for `x` if it is None. Where
    layers draw random numbers they draw other ones this time.
    """
    forward = forward or functools.partial(model.forward_with_mask, x, training=True)
    with np.errstate(all="ignore"):
        place = _bad_array(model, "weights")
        if place is None:
            seen = _outputs_seen(model, forward)
            place = _bad_outputs(seen) or (
                "the loss function: every layer's outputs are finite, "
                f"the largest prediction is {np.abs(seen[-1][-1]).max():.3g}"
            )
    return f"the loss is {loss}, and it came from {place}; {ADVICE}"


def of_gradient(model, loss):
    """Say which gradient is not finite after a backward pass from a finite loss; None if all are."""
    with np.errstate(all="ignore"):
        place = _bad_array(model, "gradients")
    return place and f"the loss is {loss:.6g}, but its gradient is not finite, from {place}; {ADVICE}"


def of_weights(model):
    """Say which weights are not finite; None if all are."""
    place = _bad_array(model, "weights")
    return place and f"the last step left numbers that are not finite in {place}; {ADVICE}"


def _bad_array(model, kind):
    """The layer and the weight in whose `kind`, "weights" or "gradients", it began; None if all are finite."""
    layers = list(enumerate(model.layers))
    if kind == "gradients":  # made from the last layer to the first, so the last bad one came first
        layers.reverse()
    for i, layer in layers:
        for name, array in zip(layer.weight_names, getattr(layer, kind), strict=True):
            if not np.isfinite(array).all():
                return f"the {kind} of layer {i}, {layer.name}: {name} holds {_bad_values(array)}"
    return None


def _outputs_seen(model, forward):
    """Call `forward()`; a list of what each layer gave, in the order of the calls: place, layer, outputs."""
    seen = []

    def watched(i, layer):
        plain = layer.forward

        def forward(*arguments, **options):
            outputs = plain(*arguments, **options)
            seen.append((i, layer, outputs[0] if layer.return_state else outputs))
            return outputs

        return forward

    for i, layer in enumerate(model.layers):
        layer.forward = watched(i, layer)  # the object's own, which hides that of its class
    try:
        forward()
    finally:
        for layer in model.layers:
            del layer.forward
    return seen


def _bad_outputs(seen):
    """The first layer whose outputs for finite inputs are not finite, or None."""
    for i, layer, outputs in seen:
        if not np.isfinite(outputs).all():
            return f"the outputs of layer {i}, {layer.name}, which hold {_bad_values(outputs)}"
    return None


def _bad_values(array):
    counts = {"nan": np.isnan(array).sum(), "infinite": np.isinf(array).sum()}
    return " and ".join(f"{n} {name}" for name, n in counts.items() if n) + f" of {array.size} numbers"
