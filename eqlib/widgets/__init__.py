"""Components for notebooks and for the pages of the book.

They need anywidget, which the extra "notebook" brings; without it, the import raises `EqlibError`.
"""

from eqlib.errors import check_extra

check_extra("notebook", "anywidget", "traitlets", "PIL")
