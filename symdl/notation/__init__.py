r"""LaTeX and plain text -> one syntax tree -> SymPy under a notation profile.

==============  =====================================================================
module          does
==============  =====================================================================
``spans``       math spans in running text
``text``        a text in either syntax to its statements
``latex``       LaTeX to the tree (``latex_tokens``, ``latex_commands``, ``letters``,
                ``grammar``, ``scripts``, ``brackets``, ``calls``, ``structures``,
                ``reaches``, ``raised``)
``plain``       plain text to the tree, by the same grammar
``syntax``      the tree
``indices``     time and component indices of a name; ``names``: what a name is called
``profile``     what names mean by default; ``scope``: what is in force
``elaborate``   the tree to SymPy (``elaborator``, ``applications``, ``operators``,
                ``sums``, ``arithmetic``)
``arrays``      the tree to matrices and vectors (``array_signs``, ``shapes``)
``written``     SymPy to LaTeX in a document's own notation
``given``       assumptions from text; ``claims``: claims from text; ``door``: from SymPy
==============  =====================================================================
"""
