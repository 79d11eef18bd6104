"""Objects merged into others, and assigned under a path of keys: Lodash and its relatives.

API references: https://lodash.com/docs/, https://github.com/mariocasciaro/object-path,
https://github.com/sindresorhus/dot-prop. Older versions of all of them assign `__proto__`; `refused` is the
first that does not (GitHub advisories of each package). `deepmerge`, `Object.assign` and spreading create
keys of their own.
"""

from rearguard.models.concepts import Context, DeepMerge, KeyWrite, Proof, RegexCompile, Sanitizer
from rearguard.models.dsl import Library

__all__ = ["OBJECTS"]

OBJECTS = Library(
    name="objects",
    language="javascript",
    packages=("lodash", "lodash-es", "object-path", "dot-prop", "set-value", "deep-extend", "merge-deep"),
    concepts=(
        DeepMerge("{lodash,lodash-es}.{merge,mergeWith,defaultsDeep}(1:)", refused="4.17.12"),
        DeepMerge("{lodash/merge,lodash.merge,lodash/defaultsDeep}(1:)", refused="4.17.12"),
        DeepMerge("{deep-extend,merge-deep,mixin-deep,defaults-deep}(1:)"),
        DeepMerge("{merge.recursive,@hapi/hoek.merge,extend}(1:)"),
        KeyWrite("{lodash,lodash-es}.{set,setWith,update}(1)", refused="4.17.17"),
        KeyWrite("{lodash/set,lodash.set}(1)", refused="4.17.17"),
        KeyWrite("object-path.set(1)", refused="0.11.8"),
        KeyWrite("dot-prop.{set,setProperty}(1)", refused="5.1.1"),
        KeyWrite("{set-value,mpath.set,jsonpointer.set}(1)"),
        Sanitizer("{lodash,lodash-es}.escapeRegExp()", (Context.REGEX,)),
        Sanitizer("{lodash/escapeRegExp,lodash.escaperegexp}()", (Context.REGEX,)),
        Sanitizer("{escape-string-regexp,escape-regexp}()", (Context.REGEX,)),
        Sanitizer("global.RegExp.escape()", (Context.REGEX,)),
        # A pattern is no operator that the client chose.
        Sanitizer("global.RegExp()", (Context.NOSQL,)),
        RegexCompile("global.RegExp(0)"),
        Proof("{lodash,lodash-es}.isString(0)", (Context.NOSQL,)),
    ),
)
