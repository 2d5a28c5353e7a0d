"""Kinds: frozen recipes that a config can name, gathered in families.

A *family* is an abstract subclass of `Kind` in the module ``base`` of a package. Its *members* are the
concrete subclasses in the package's other modules, and those that plug-ins add by entry points of the group
``mxt.kinds``. A field annotated ``OneOf[Reader]`` accepts any member of `Reader`, by its `KIND`. The module
of a member is imported when a config names the member.
"""

from mxt.kinds.base import Kind, Strict
from mxt.kinds.families import find, member, members
from mxt.kinds.union import OneOf

__all__ = ["Kind", "OneOf", "Strict", "find", "member", "members"]
