"""Lets PyPI's torchvision, built for CUDA, be imported beside a torch that was built for the CPU.

Its compiled half cannot load there, and its Python half stops where it registers shapes of operators that the
compiled half would have declared. So these are declared when its import begins. Goes into the environment's
site-packages, with a .pth file that imports it at every start; costs nothing until torchvision is wanted.
"""

import sys

_SIGNATURE = "(Tensor dets, Tensor scores, float iou_threshold) -> Tensor"


class _Declarer:
    """A finder that finds nothing: it only notices that torchvision is about to be imported."""

    def __init__(self):
        self.library = None  # its operators live as long as it does

    def find_spec(self, name, path=None, target=None):
        if name == "torchvision" and self.library is None:
            self.declare()

    def declare(self):
        import torch

        if torch.version.cuda is None:
            self.library = torch.library.Library("torchvision", "DEF")
            for operator in ("nms", "qnms"):
                self.library.define(operator + _SIGNATURE)


sys.meta_path.insert(0, _Declarer())
