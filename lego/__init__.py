"""Bricks of neural networks. Import from the module that holds the brick: `lego.activations.sigmoid`."""

__version__ = "0.1.0"
