"""Stand-ins for the controller's Lua: what it does to a request at each hook of the nginx.conf, in each release."""

from nginxsim.lua.assembly import runtime
from nginxsim.lua.config import LuaConfig
from nginxsim.lua.standalone import Settings, standalone

__all__ = ["LuaConfig", "Settings", "runtime", "standalone"]
