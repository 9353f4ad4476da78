"""Show f1core's cached properties in the reference as the attributes that they are."""

from typing import Any

import griffe


class CachedProperties(griffe.Extension):
    """Turns methods under f1core's own `cached_property` into attributes."""

    def on_class_members(self, *, cls: griffe.Class, **_: Any) -> None:
        """Replace the methods of a class, in their places."""
        for name, member in list(cls.members.items()):
            if isinstance(member, griffe.Function) and any(
                str(each.value) == "cached_property" for each in member.decorators
            ):
                lines = {"lineno": member.lineno, "endlineno": member.endlineno}
                shown = griffe.Attribute(name, annotation=member.returns, parent=cls, **lines)
                shown.docstring = member.docstring
                if shown.docstring is not None:
                    shown.docstring.parent = shown
                shown.labels = {"property"}
                cls.members[name] = shown
