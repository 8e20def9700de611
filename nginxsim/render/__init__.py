"""The controller's model as nginx.conf, with what made each line."""

from nginxsim.render.provenance import Rendered
from nginxsim.render.renderer import Renderer

__all__ = ["Rendered", "Renderer"]
