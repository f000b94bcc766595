from . import curves as curves
