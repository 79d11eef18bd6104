"""Libraries that evaluate expressions with Python's own `eval`: Pillow, pandas, NumExpr, SymPy.

https://pillow.readthedocs.io/en/stable/reference/ImageMath.html, https://pandas.pydata.org/docs/reference/api/pandas.eval.html,
https://numexpr.readthedocs.io/, https://docs.sympy.org/latest/modules/core.html#sympy.core.sympify.sympify
"""

from rearguard.models.concepts import CodeExecution
from rearguard.models.dsl import Library

__all__ = ["EXPRESSIONS"]

EXPRESSIONS = Library(
    name="expressions",
    language="python",
    packages=("PIL", "pandas", "numexpr", "sympy"),
    types={"Frame": ("pandas.{DataFrame,read_csv,read_json,read_sql,read_excel}()",)},
    concepts=(
        CodeExecution("PIL.ImageMath.{eval,unsafe_eval}(0|expression)"),
        CodeExecution("pandas.eval(0|expr)"),
        CodeExecution("Frame.{query,eval}(0|expr)"),
        CodeExecution("numexpr.evaluate(0|ex)"),
        CodeExecution("sympy.{sympify,S,parsing.sympy_parser.parse_expr}(0)"),
    ),
)
