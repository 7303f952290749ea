"""The layer table of Sketch-a-Net and its published parameter count."""

import torch
from torch import nn

from visavis.methods.sketch_retrieval.model import AttributeRanker
from visavis.nets.sketch_a_net import SketchANet


def test_sides_of_the_layer_table() -> None:
    sides = []
    features = torch.ones(1, 1, 225, 225)
    for layer in SketchANet().layers:
        features = layer(features)
        if not isinstance(layer, nn.ReLU):
            sides.append((features.shape[1], features.shape[2]))
    assert sides == [(64, 71), (64, 35), (128, 31), (128, 15), (256, 15), (256, 15), (256, 15), (256, 7)]


def test_parameter_count_without_the_attribute_head() -> None:
    model = AttributeRanker("sketch-a-net", attributes=0)
    assert sum(parameter.numel() for parameter in model.parameters()) == 8_249_088


def test_mean_grey_is_zero_signal() -> None:
    """Input is value - 250.42 on 0..255, without scaling: at the mean only biases speak."""
    net = SketchANet()
    first = net.layers[0]
    assert isinstance(first, nn.Conv2d)
    inputs: list[torch.Tensor] = []
    first.register_forward_pre_hook(lambda _, args: inputs.append(args[0]))
    net(torch.full((1, 1, 225, 225), 250.42 / 255))
    assert inputs[0].abs().max() < 1e-4
    net(torch.zeros(1, 1, 225, 225))
    assert torch.allclose(inputs[1], torch.full_like(inputs[1], -250.42), atol=1e-3)
