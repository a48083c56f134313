"""Bricks of neural networks. Import from the module that holds the brick: `lego.activations` has `sigmoid`."""

__version__ = "0.1.0"
