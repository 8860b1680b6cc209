from . import comparison_probe, statements, view_calls, view_probe
