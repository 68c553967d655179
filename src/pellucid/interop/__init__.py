"""To and from PyTorch: models, weights in its order, arrays in the same memory."""

from pellucid.interop.modules import from_torch, to_torch
from pellucid.interop.sharing import from_dlpack
from pellucid.interop.state_dicts import load_state_dict, save_state_dict

__all__ = ["from_dlpack", "from_torch", "load_state_dict", "save_state_dict", "to_torch"]
